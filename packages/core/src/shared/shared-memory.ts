/** The leases, locks and data of one program, in the memory of the primary or of a process that serves alone. */

import type { Caller, CallName, SharedCalls } from "./calls.ts";
import { type Clock, processClock } from "./clock.ts";
import { MemoryLeases } from "./memory-leases.ts";
import { MemoryLocks } from "./memory-locks.ts";
import { MemoryStore } from "./memory-store.ts";
import type { SharedFigures } from "./shared-status.ts";

/** Answers the calls of this process and of the workers. */
export class SharedMemory {
  readonly #leases: MemoryLeases;
  readonly #locks: MemoryLocks;
  readonly #store: MemoryStore;
  /** The processes that have taken leases. */
  readonly #takers = new Set<object>();

  /** @param limit The most bytes of keys and values. */
  constructor(limit: number, now: Clock = processClock) {
    this.#leases = new MemoryLeases(now);
    this.#locks = new MemoryLocks(now);
    this.#store = new MemoryStore(now, limit);
  }

  /** Returns the calls of one process, which holds the locks that it acquires. */
  callsOf(holder: object): SharedCalls {
    const [leases, locks, store, takers] = [this.#leases, this.#locks, this.#store, this.#takers];
    return {
      take(key, policy, want, least) {
        takers.add(holder);
        return leases.take(key, policy, want, least, { holders: takers.size, programs: 1 });
      },
      giveBack: (lease, units) => leases.giveBack(lease, units),
      acquire: (name, ttl) => locks.acquire(name, ttl, holder),
      renew: (name, token, ttl) => locks.renew(name, token, ttl),
      release: (name, token) => locks.release(name, token),
      get: (key) => store.get(key),
      set: (key, bytes, options) => store.set(key, bytes, options),
      add: (key, by, options) => store.add(key, by, options),
      delete: (key) => store.delete(key),
    };
  }

  /** The figures for `packetron status`. */
  get figures(): SharedFigures {
    const { granted, refused } = this.#leases;
    return { granted, refused, locks: this.#locks.size, ...this.#store.usage };
  }

  /** Releases the locks of a process that has exited. */
  leave(holder: object): void {
    this.#takers.delete(holder);
    this.#locks.releaseAll(holder);
  }
}

/** Makes the calls of the process that has the memory. */
export class LocalCaller implements Caller {
  readonly state = "up";
  readonly #calls: SharedCalls;

  constructor(memory: SharedMemory) {
    this.#calls = memory.callsOf(this);
  }

  async call<Name extends CallName>(
    name: Name,
    ...args: Parameters<SharedCalls[Name]>
  ): Promise<ReturnType<SharedCalls[Name]>> {
    return invoke(this.#calls, name, args);
  }
}

/** Makes a call by its name. */
export function invoke<Name extends CallName>(
  calls: SharedCalls,
  name: Name,
  args: Parameters<SharedCalls[Name]>,
): ReturnType<SharedCalls[Name]> {
  return Reflect.apply(calls[name], calls, args);
}
