/**
 * The contract of shared services: what the processes of a program share, and with a package such as
 * `@packetron/redis`, the programs of several machines. Capabilities are written against this contract. Core implements
 * it for one program; another implementation is added with `host.provideShared()`. This file only declares.
 */

/**
 * Which processes share: `"program"`, the primary and the workers of one program; `"everywhere"`, the programs on all
 * machines that use the same store.
 */
export type SharedScope = "program" | "everywhere";

/**
 * Leases, messages, locks and data that processes share. A call that needs an answer has a deadline: 50 ms for leases,
 * 250 ms for data, 1 s for locks. After it, or at once when the store is known to be down, the call rejects with
 * PKT_SHARED_UNAVAILABLE; no call waits for the store to return.
 *
 * @example
 * const lease = await host.shared().leases.take(`login:${address}`, { limit: 10, window: 60_000, burst: 10 }, 1);
 * if (lease.granted === 0) return refuse(request, response, 429);
 */
export interface SharedServices {
  /** Which processes share these services. */
  readonly scope: SharedScope;
  /** Whether the store answers. `"down"` means that calls reject at once. */
  readonly state: "up" | "down";
  /** Shares of a limit, taken in advance. */
  readonly leases: Leases;
  /** Messages to every process. */
  readonly bus: Bus;
  /** Locks with an end. */
  readonly locks: Locks;
  /** Bytes by key. */
  readonly store: Store;
}

/** Gives out shares of limits. The units of a lease are debited when it is granted, by the clock of the grantor. */
export interface Leases {
  /**
   * Takes up to `want` units of a limit. A unit that is never spent is lost, unless {@link giveBack} returns it: fewer
   * pass, never more. In any interval w at most `burst + limit * (w + life) / window` units are granted and spent, with
   * the life of a lease of `min(window, 1000)` milliseconds.
   *
   * @param key Up to 512 bytes of UTF-8. One key has one policy at a time; a change of the policy keeps what is debited.
   * @param want An integer, 1 or more.
   * @param least Refuses when fewer units than this are free, for a request that costs several; default 1.
   */
  take(key: string, policy: LeasePolicy, want: number, least?: number): Promise<Lease>;
  /**
   * Returns units of a lease that were not spent, such as before a worker exits. The limit regains them, less what it
   * has regained by itself since the grant. Never throws; a return that is lost only means that fewer pass.
   */
  giveBack(lease: Lease, units: number): void;
}

/** A limit: `limit` units in each `window`, and at most `burst` units at once. */
export interface LeasePolicy {
  /** Units in each window, 1 or more. */
  readonly limit: number;
  /** A time in milliseconds, 1 or more. */
  readonly window: number;
  /** The most units at once after a quiet time, 1 or more. */
  readonly burst: number;
}

/** The answer to {@link Leases.take}. */
export interface Lease {
  readonly key: string;
  readonly policy: LeasePolicy;
  /** The units that the taker may spend; 0 when the limit refuses. */
  readonly granted: number;
  /**
   * Milliseconds from the call of `take()`. Of a granted lease: how long its units may be spent. Of a refusal: how long the
   * limit goes on refusing, so the taker need not ask before.
   */
  readonly validFor: number;
  /** The units that were still free after this lease. */
  readonly remaining: number;
  /** How long until the whole burst is free again, in milliseconds, if no more units are taken. */
  readonly resetAfter: number;
  /** When the lease was granted, in microseconds of the grantor's clock. Only the grantor compares it. */
  readonly grantedAt: number;
  /** How many processes take leases from this grantor now, this one included. */
  readonly holders: number;
  /** How many programs take leases from this grantor now, this one included; 1 with the scope `"program"`. */
  readonly programs: number;
}

/** Sends messages to every process that shares. */
export interface Bus {
  /**
   * Sends bytes to the listeners in every worker, this one included, and in a process that serves alone. Messages of one
   * process arrive in their order.
   *
   * @throws PKT_CLUSTER_MESSAGE when the message is larger than 1 MiB, or too many bytes wait for a primary that does not
   *   read.
   */
  publish(topic: string, bytes: Uint8Array): void;
  /**
   * Calls a function with each message, of every topic.
   *
   * @returns A function that stops listening.
   */
  listen(hear: (topic: string, bytes: Uint8Array, origin: Origin) => void): () => void;
}

/** The process that has published a message. */
export interface Origin {
  /** The name of the program; an empty text for this program. */
  readonly program: string;
  /** The `workerId` of the process; 0 for a primary, or a process that serves alone. */
  readonly worker: number;
  /** Whether this process has published the message itself. */
  readonly isSelf: boolean;
}

/** Gives out locks: each name has at most one holder. */
export interface Locks {
  /**
   * Takes a lock, if it is free.
   *
   * @param name Up to 512 bytes of UTF-8.
   * @param ttl For how long, in milliseconds, unless the holder renews it.
   * @returns `null` when another holder has the lock.
   */
  acquire(name: string, ttl: number): Promise<Lock | null>;
}

/** A lock that this process holds. */
export interface Lock {
  /**
   * A fencing token, larger than that of each former holder. A write that carries it can be refused by a store that has
   * seen a larger one: so a holder that was paused past the end of its lock does no harm.
   */
  readonly token: bigint;
  /** When the lock ends, in milliseconds of `performance.now()` in this process; earlier than for the grantor. */
  readonly until: number;
  /** Extends the lock by its ttl from now. Returns `false` when it has ended; then another holder may have it. */
  renew(): Promise<boolean>;
  /** Releases the lock. Does nothing when it has ended. */
  release(): Promise<void>;
}

/** Keeps bytes by key. Each key is linearizable: a call that begins after another has ended sees its effect. */
export interface Store {
  /** The value of a key; `undefined` for a key that was not set, was deleted, or whose time is over. */
  get(key: string): Promise<Entry | undefined>;
  /**
   * Sets the value of a key, up to 1 MiB. Without `ttl` the value stays until it is deleted.
   *
   * @param options `ttl` in milliseconds. `ifVersion`: only when the key has this version, `0n` when it must not exist.
   * @returns The new version; `null` when `ifVersion` is another one.
   * @throws PKT_SHARED_FULL when the store has no room (a rejection).
   */
  set(key: string, bytes: Uint8Array, options?: StoreOptions): Promise<bigint | null>;
  /**
   * Adds to the number of a key, which counts as 0 when it does not exist. The bytes of such a key are the decimal text of the number
   * in ASCII.
   *
   * @param options The `ttl` counts from the call that creates the key; later calls do not extend it.
   * @throws PKT_SHARED_NOT_NUMBER when the key has another value (a rejection).
   */
  add(key: string, by: number, options?: { readonly ttl?: number | undefined }): Promise<number>;
  /** Deletes a key. Returns whether there was one. */
  delete(key: string): Promise<boolean>;
}

/** Options of {@link Store.set}. */
export interface StoreOptions {
  readonly ttl?: number | undefined;
  readonly ifVersion?: bigint | undefined;
}

/** A value of a {@link Store}. */
export interface Entry {
  readonly bytes: Uint8Array;
  /** Grows with each change, and is never used twice for one key. */
  readonly version: bigint;
}
