/**
 * Lua: numbers that grow, even when the store has lost its data. They begin with the clock in microseconds. A number of
 * this size has more digits than `tostring()` keeps.
 */
export const NEXT = `local function following(key)
  local time = redis.call("TIME")
  local now = time[1] * 1000000 + time[2]
  local last = tonumber(redis.call("GET", key) or "0")
  local text = string.format("%.0f", math.max(now, last + 1))
  redis.call("SET", key, text)
  return text
end`;
