/** Bytes by key in Redis. Each change is one script, so each key is linearizable on one server. */
import {
  assertKey,
  assertSize,
  assertTtl,
  type Entry,
  optionError,
  type Store,
  type StoreOptions,
  sharedNotNumber,
} from "@packetron/core/capability";
import { type Argument, type Commander, unexpectedReply } from "./commander.ts";
import type { Call } from "./connection.ts";
import { NEXT } from "./next.ts";
import { Script } from "./script.ts";

const DEADLINE = 250;
const GET: Call = { name: "get()", deadline: DEADLINE };
const SET: Call = { name: "set()", deadline: DEADLINE };
const ADD: Call = { name: "add()", deadline: DEADLINE };
const DELETE: Call = { name: "delete()", deadline: DEADLINE };

/** The longest time to live in milliseconds; Redis adds it to its clock, and refuses a sum beyond 2^63. */
const MAX_TTL = 2 ** 52;

/**
 * A value is a hash of its bytes and its version. Versions come from one counter of all keys, so a key that was deleted
 * and set again has a new one.
 */
const setScript = new Script(`${NEXT}
if ARGV[3] ~= "" and (redis.call("HGET", KEYS[1], "v") or "0") ~= ARGV[3] then return false end
local version = following(KEYS[2])
redis.call("HSET", KEYS[1], "b", ARGV[1], "v", version)
if ARGV[2] == "" then redis.call("PERSIST", KEYS[1]) else redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return version`);

/** The text of a sum is the shortest of 15 to 17 digits that gives the same number again. */
const addScript = new Script(`${NEXT}
local text = redis.call("HGET", KEYS[1], "b")
local number = 0
if text then number = string.find(text, "^%-?%d") and tonumber(text) end
if not number or number - number ~= 0 then return "NaN" end
local sum = number + tonumber(ARGV[1])
if sum - sum ~= 0 then return "Infinity" end
local result
for digits = 15, 17 do
  result = string.format("%." .. digits .. "g", sum)
  if tonumber(result) == sum then break end
end
redis.call("HSET", KEYS[1], "b", result, "v", following(KEYS[2]))
if not text and ARGV[2] ~= "" then redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return result`);

/** Keeps the bytes of a store in Redis. */
export class RedisStore implements Store {
  readonly #commander: Commander;

  constructor(commander: Commander) {
    this.#commander = commander;
  }

  async get(key: string): Promise<Entry | undefined> {
    const stored = this.#keyOf(key);
    const reply = await this.#commander.send(GET, stored, ["HMGET", stored, "b", "v"]);
    if (!Array.isArray(reply)) throw unexpectedReply(GET);
    const [bytes, version]: unknown[] = reply;
    if (bytes === null) return undefined;
    if (!Buffer.isBuffer(bytes) || !Buffer.isBuffer(version)) throw unexpectedReply(GET);
    return { bytes, version: BigInt(version.toString("latin1")) };
  }

  async set(key: string, bytes: Uint8Array, { ttl, ifVersion }: StoreOptions = {}): Promise<bigint | null> {
    assertSize(bytes.byteLength);
    // A copy: the caller may change the bytes while they wait to be sent.
    const args = [Buffer.from(bytes), textOfTtl(ttl), ifVersion === undefined ? "" : String(ifVersion)];
    const version = await this.#change(SET, setScript, key, args);
    return version === null ? null : BigInt(version);
  }

  async add(key: string, by: number, { ttl }: Pick<StoreOptions, "ttl"> = {}): Promise<number> {
    if (!Number.isFinite(by)) throw optionError("by", by, "a finite number");
    const sum = Number(await this.#change(ADD, addScript, key, [String(by), textOfTtl(ttl)]));
    if (Number.isNaN(sum)) throw sharedNotNumber(key, "its value is not a number");
    if (!Number.isFinite(sum)) throw sharedNotNumber(key, "the sum is too large");
    return sum;
  }

  async delete(key: string): Promise<boolean> {
    const stored = this.#keyOf(key);
    return (await this.#commander.send(DELETE, stored, ["DEL", stored])) === 1;
  }

  async #change(call: Call, script: Script, key: string, args: readonly Argument[]): Promise<string | null> {
    const keys = [this.#keyOf(key), this.#commander.key("version")];
    const reply = await this.#commander.run(call, script, keys, args);
    if (reply === null) return null;
    if (!Buffer.isBuffer(reply)) throw unexpectedReply(call);
    return reply.toString("latin1");
  }

  #keyOf(key: string): string {
    assertKey(key);
    return this.#commander.key(`data:${key}`);
  }
}

function textOfTtl(ttl: number | undefined): string {
  if (ttl === undefined) return "";
  assertTtl(ttl);
  return String(Math.min(MAX_TTL, Math.ceil(ttl)));
}
