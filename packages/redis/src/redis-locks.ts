/** Locks in Redis: a key with an end for each, and one counter of fencing tokens. */
import { assertKey, assertTtl, type Lock, type Locks } from "@packetron/core/capability";
import { type Commander, unexpectedReply } from "./commander.ts";
import type { Call } from "./connection.ts";
import { NEXT } from "./next.ts";
import { Script } from "./script.ts";

const DEADLINE = 1_000;
const ACQUIRE = "acquire()";
const RENEW: Call = { name: "renew()", deadline: DEADLINE };
const RELEASE: Call = { name: "release()", deadline: DEADLINE };

const acquireScript = new Script(`${NEXT}
if redis.call("EXISTS", KEYS[1]) == 1 then return false end
local token = following(KEYS[2])
redis.call("SET", KEYS[1], token, "PX", ARGV[1])
return token`);

const renewScript = new Script(`if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("PEXPIRE", KEYS[1], ARGV[2])`);

const releaseScript = new Script(`if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])`);

/** Gives each lock to one holder at a time. */
export class RedisLocks implements Locks {
  readonly #commander: Commander;

  constructor(commander: Commander) {
    this.#commander = commander;
  }

  async acquire(name: string, ttl: number): Promise<Lock | null> {
    assertKey(name, "name");
    assertTtl(ttl);
    const key = this.#commander.key(`lock:${name}`);
    // Read before the call, so that the holder sees the end of its lock before Redis does.
    const asked = performance.now();
    const late = (reply: unknown): void => {
      // Redis has granted a lock for which the caller waits no more.
      if (Buffer.isBuffer(reply)) this.#release(key, reply.toString("latin1")).catch(() => {});
    };
    const call = { name: ACQUIRE, deadline: DEADLINE, late };
    const keys = [key, this.#commander.key("fence")];
    const reply = await this.#commander.run(call, acquireScript, keys, [millisecondsOf(ttl)]);
    if (reply === null) return null;
    if (!Buffer.isBuffer(reply)) throw unexpectedReply(call);
    return this.#hold(key, reply.toString("latin1"), ttl, asked + ttl);
  }

  #hold(key: string, token: string, ttl: number, end: number): Lock {
    const commander = this.#commander;
    let until = end;
    return {
      token: BigInt(token),
      get until() {
        return until;
      },
      async renew() {
        const asked = performance.now();
        if ((await commander.run(RENEW, renewScript, [key], [token, millisecondsOf(ttl)])) !== 1)
          return false;
        until = asked + ttl;
        return true;
      },
      release: () => this.#release(key, token),
    };
  }

  async #release(key: string, token: string): Promise<void> {
    await this.#commander.run(RELEASE, releaseScript, [key], [token]);
  }
}

/** Whole milliseconds, rounded up: Redis must not end a lock before its holder does. */
function millisecondsOf(ttl: number): string {
  return String(Math.min(2 ** 52, Math.ceil(ttl)));
}
