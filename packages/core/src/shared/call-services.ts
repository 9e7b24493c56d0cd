/** Shared services of one program: the same class in the process that has the memory, and in its workers. */
import type { Bus, Leases, Lock, Locks, SharedServices, Store } from "../capability/shared-services.ts";
import type { Caller } from "./calls.ts";

/** Turns the methods of the contract into calls. */
export class CallServices implements SharedServices {
  readonly scope = "program";
  readonly bus: Bus;
  readonly leases: Leases;
  readonly locks: Locks;
  readonly store: Store;
  readonly #caller: Caller;

  constructor(caller: Caller, bus: Bus) {
    this.#caller = caller;
    this.bus = bus;
    this.leases = {
      // The policy may be an object of options, with functions that no message can carry.
      take: (key, { limit, window, burst }, want, least = 1) =>
        caller.call("take", key, { limit, window, burst }, want, least),
      // A return that is lost only means that fewer pass.
      giveBack: (lease, units) => void caller.call("giveBack", lease, units).catch(() => {}),
    };
    this.locks = { acquire: (name, ttl) => this.#acquire(name, ttl) };
    this.store = {
      get: (key) => caller.call("get", key),
      set: (key, bytes, options) => caller.call("set", key, bytes, options),
      add: (key, by, options) => caller.call("add", key, by, options),
      delete: (key) => caller.call("delete", key),
    };
  }

  get state(): "up" | "down" {
    return this.#caller.state;
  }

  async #acquire(name: string, ttl: number): Promise<Lock | null> {
    const caller = this.#caller;
    // Read before the call, so that the holder sees the end of its lock before the grantor does.
    const asked = performance.now();
    const token = await caller.call("acquire", name, ttl);
    if (token === null) return null;
    let until = asked + ttl;
    return {
      token,
      get until() {
        return until;
      },
      async renew() {
        const renewed = performance.now();
        if (!(await caller.call("renew", name, token, ttl))) return false;
        until = renewed + ttl;
        return true;
      },
      release: () => caller.call("release", name, token),
    };
  }
}
