/**
 * Leases of limits by a script: the same algorithm (GCRA), with the same arithmetic, as that of core in memory. The clock
 * is that of Redis, in whole microseconds.
 */
import {
  assertKey,
  assertPolicy,
  assertUnits,
  type Lease,
  type LeasePolicy,
  type Leases,
} from "@packetron/core/capability";
import { type Commander, unexpectedReply } from "./commander.ts";
import type { Call } from "./connection.ts";
import { Script } from "./script.ts";

const DEADLINE = 50;
const TAKE: Call = { name: "take()", deadline: DEADLINE };
const GIVE_BACK: Call = { name: "giveBack()", deadline: DEADLINE };

/** The longest life of a lease, in milliseconds. */
const MAX_LIFE = 1_000;

/** How often a process that takes leases says that it does, in milliseconds. */
const ANNOUNCE_PAUSE = 1_000;

/** Lua: the policy, the clock, and how many microseconds units take. */
const POLICY = `local limit, window, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local function cost(units) return math.ceil(units * window * 1000 / limit) end
local function put(tat)
  redis.call("SET", KEYS[1], string.format("%.0f", tat), "PX", string.format("%.0f", math.ceil((tat - now) / 1000)))
end
local stored = tonumber(redis.call("GET", KEYS[1]) or nil)
`;

/**
 * Each key has one number, its theoretical arrival time (TAT); see the leases of core. A process that has not announced
 * itself for five seconds counts no more.
 */
export const takeScript = new Script(`${POLICY}
local want, least = tonumber(ARGV[4]), tonumber(ARGV[5])
local function unitsIn(free)
  local units = math.min(burst, math.floor(free * limit / (window * 1000)))
  if cost(units) > free then units = units - 1 end
  return math.max(0, units)
end
if ARGV[6] ~= "" then
  for index = 2, 3 do
    redis.call("ZADD", KEYS[index], string.format("%.0f", now), ARGV[index + 4])
    redis.call("ZREMRANGEBYSCORE", KEYS[index], "-inf", string.format("%.0f", now - 5000000))
    redis.call("PEXPIRE", KEYS[index], 10000)
  end
end
local holders, programs = redis.call("ZCARD", KEYS[2]), redis.call("ZCARD", KEYS[3])
local tat = math.max(stored or now, now)
local free = now + cost(burst) - tat
local room = unitsIn(free)
if room < least then return {0, now, room, tat - now, cost(least) - free, holders, programs} end
local granted = math.min(want, room)
local following = tat + cost(granted)
put(following)
return {granted, now, unitsIn(now + cost(burst) - following), following - now, 0, holders, programs}`);

/** Credits what the limit has not regained by itself since the grant. */
export const giveBackScript = new Script(`${POLICY}
if not stored then return 0 end
local credit = cost(tonumber(ARGV[4])) - math.max(0, now - tonumber(ARGV[5]))
if credit <= 0 then return 0 end
if stored - credit > now then put(stored - credit) else redis.call("DEL", KEYS[1]) end
return 1`);

/** Names of this process and of its program, which are counted among those that take leases. */
export interface Holder {
  readonly process: string;
  readonly program: string;
}

/** Takes leases from Redis. */
export class RedisLeases implements Leases {
  readonly #commander: Commander;
  readonly #holderOf: () => Holder;
  #holder: Holder | undefined;
  #announcedAt = Number.NEGATIVE_INFINITY;

  /** @param holderOf Called at the first lease: the role of a process is not known before. */
  constructor(commander: Commander, holderOf: () => Holder) {
    this.#commander = commander;
    this.#holderOf = holderOf;
  }

  async take(key: string, policy: LeasePolicy, want: number, least = 1): Promise<Lease> {
    assertPolicy(policy);
    assertUnits("want", want);
    assertUnits("least", least);
    const keys = [this.#keyOf(key), this.#commander.key("holders"), this.#commander.key("programs")];
    const args = [...argsOf(policy), String(want), String(least), ...this.#announcement()];
    const reply = await this.#commander.run(TAKE, takeScript, keys, args);
    const [granted = 0, grantedAt = 0, remaining = 0, reset = 0, refused = 0, holders = 0, programs = 0] =
      numbersOf(reply);
    return {
      key,
      policy,
      granted,
      validFor: granted === 0 ? refused / 1_000 : Math.min(policy.window, MAX_LIFE),
      remaining,
      resetAfter: reset / 1_000,
      grantedAt,
      holders: Math.max(1, holders),
      programs: Math.max(1, programs),
    };
  }

  giveBack({ key, policy, granted, grantedAt }: Lease, units: number): void {
    if (!(units > 0)) return;
    const args = [...argsOf(policy), String(Math.floor(Math.min(units, granted))), String(grantedAt)];
    // A return that is lost only means that fewer pass.
    this.#commander.run(GIVE_BACK, giveBackScript, [this.#keyOf(key)], args).catch(() => {});
  }

  /** The names of this process and its program, once a second: a set that changes at each call would cost more. */
  #announcement(): readonly string[] {
    const now = performance.now();
    if (now < this.#announcedAt + ANNOUNCE_PAUSE) return ["", ""];
    this.#announcedAt = now;
    this.#holder ??= this.#holderOf();
    return [this.#holder.process, this.#holder.program];
  }

  #keyOf(key: string): string {
    assertKey(key);
    return this.#commander.key(`lease:${key}`);
  }
}

function argsOf({ limit, window, burst }: LeasePolicy): readonly string[] {
  return [String(limit), String(window), String(burst)];
}

function numbersOf(reply: unknown): readonly number[] {
  if (!Array.isArray(reply) || !reply.every((value) => typeof value === "number"))
    throw unexpectedReply(TAKE);
  return reply;
}
