/** `server.shared`: values and locks that all processes of a server share. */

import { setTimeout as pause } from "node:timers/promises";
import { assertKey, assertTtl } from "../capability/shared-checks.ts";
import type { Lock, SharedServices } from "../capability/shared-services.ts";
import { assertOptions } from "../errors/assert-options.ts";
import { coreError, optionError } from "../errors/errors.ts";
import { fromCaller } from "../errors/misuse.ts";
import { HeldLock } from "./held-lock.ts";
import { KeyQueue } from "./key-queue.ts";
import { decodeValue, encodeValue } from "./values.ts";

/** How long `update()` tries, in milliseconds. */
const UPDATE_TIMEOUT = 5_000;
/** The default of {@link LockOptions.ttl}. */
const LOCK_TTL = 10_000;
/** The default of {@link LockOptions.wait}. */
const LOCK_WAIT = 10_000;
/** The longest pause between two attempts, in milliseconds. Pauses are random, so that processes do not meet again. */
const MAX_PAUSE = 20;

/** Options of a shared value. */
export interface SharedValueOptions {
  /**
   * For how long the value stays, in milliseconds.
   * @default it stays until it is deleted
   */
  readonly ttl?: number | undefined;
}

/** Options of {@link SharedState.lock}. */
export interface LockOptions {
  /**
   * For how long the lock outlives its process if that is killed where the primary does not see it, or paused, in
   * milliseconds. While the task runs, the lock is renewed.
   * @default 10000
   */
  readonly ttl?: number | undefined;
  /**
   * How long the call waits for the lock, in milliseconds; 0 tries once.
   * @default 10000
   */
  readonly wait?: number | undefined;
}

/**
 * Values and locks that all workers of a server share, as if there were one process: `server.shared`. Keys are texts of up
 * to 512 bytes. Values are what `structuredClone()` takes, up to 1 MiB. Without a package for several machines they are in
 * the memory of the primary, or of the only process, and end with the program.
 *
 * All calls reject with PKT_SHARED_UNAVAILABLE when the store does not answer within 250 ms (locks: 1 s), and with
 * PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN for wrong arguments.
 */
export class SharedState {
  readonly #services: SharedServices;
  readonly #updates = new KeyQueue();
  readonly #locks = new KeyQueue();

  /** @internal */
  constructor(services: SharedServices) {
    this.#services = services;
  }

  /**
   * Resolves with the value of a key; `undefined` when it was not set, was deleted, or its time is over.
   *
   * @example
   * const session = await server.shared.get<Session>(`session:${id}`);
   */
  async get<Value = unknown>(key: string): Promise<Value | undefined> {
    fromCaller(this.get, () => assertKey(key));
    const entry = await this.#services.store.get(key);
    return entry && decodeValue<Value>(key, entry.bytes);
  }

  /**
   * Sets the value of a key.
   *
   * @throws PKT_SHARED_FULL when the values need more memory than `sharedMemoryLimit`.
   * @example
   * await server.shared.set(`session:${id}`, { user: 7 }, { ttl: 30 * 60_000 });
   */
  async set(key: string, value: unknown, options: SharedValueOptions = {}): Promise<void> {
    const bytes = fromCaller(this.set, () => {
      assertValueOptions("set()", key, options);
      return encodeValue(value);
    });
    await this.#services.store.set(key, bytes, { ttl: options.ttl });
  }

  /**
   * Replaces the value of a key by what a function makes of it; no change of another process is lost. If another process
   * changes the key while the function runs, the function is called again, with the new value. Updates of one key in one process run
   * one after another.
   *
   * @param change Gets the value, or `undefined` for a key without one. Returns the new value, or a promise of it.
   * @returns The new value.
   * @throws PKT_SHARED_BUSY when other changes came first for 5 seconds; PKT_SHARED_FULL; what `change` throws.
   * @example
   * await server.shared.update<string[]>("online", (names = []) => [...names, name]);
   */
  async update<Value = unknown>(
    key: string,
    change: (value: Value | undefined) => Value | Promise<Value>,
    options: SharedValueOptions = {},
  ): Promise<Value> {
    fromCaller(this.update, () => {
      assertValueOptions("update()", key, options);
      if (typeof change !== "function") throw optionError("change", change, "a function (value)");
    });
    const until = performance.now() + UPDATE_TIMEOUT;
    const late = (): never => {
      throw coreError("PKT_SHARED_BUSY", {
        key,
        after: `after ${UPDATE_TIMEOUT} ms in the queue of this process`,
      });
    };
    return this.#updates.run(key, UPDATE_TIMEOUT, late, () => this.#update(key, change, options, until));
  }

  /**
   * Adds to the number of a key, which counts as 0 when it does not exist. Resolves with the sum.
   *
   * @param options The `ttl` counts from the call that creates the key; later calls do not extend it.
   * @throws PKT_SHARED_NOT_NUMBER when the value of the key is not a number; PKT_SHARED_FULL.
   * @example
   * const visits = await server.shared.add("visits", 1);
   */
  async add(key: string, by: number, options: SharedValueOptions = {}): Promise<number> {
    fromCaller(this.add, () => {
      assertValueOptions("add()", key, options);
      if (!Number.isFinite(by)) throw optionError("by", by, "a finite number");
    });
    return this.#services.store.add(key, by, { ttl: options.ttl });
  }

  /**
   * Deletes a key. Resolves with whether it had a value.
   *
   * @example
   * await server.shared.delete(`session:${id}`);
   */
  async delete(key: string): Promise<boolean> {
    fromCaller(this.delete, () => assertKey(key));
    return this.#services.store.delete(key);
  }

  /**
   * Runs a task while no other process, and no other call of this process, runs a task under the same name.
   *
   * @param task Gets a signal and a fencing token. The signal aborts before the lock ends, when it could not be renewed. The
   *   token is larger than that of each former holder: a database that refuses a smaller one is safe from a process that
   *   was paused.
   * @returns What the task returns.
   * @throws PKT_SHARED_LOCK_TIMEOUT when the lock was not free within `wait`; what the task throws.
   * @example
   * await server.shared.lock("invoices", async (signal, token) => sendInvoices({ signal, token }));
   */
  async lock<Result>(
    name: string,
    task: (signal: AbortSignal, token: bigint) => Result | Promise<Result>,
    options: LockOptions = {},
  ): Promise<Result> {
    const given: unknown = options;
    const { ttl = LOCK_TTL, wait = LOCK_WAIT } = options;
    fromCaller(this.lock, () => {
      assertKey(name, "name");
      assertOptions("lock()", given, ["ttl", "wait"], "an object such as { ttl: 10_000, wait: 10_000 }");
      assertTtl(ttl);
      if (typeof task !== "function") throw optionError("task", task, "a function (signal, token)");
      if (!(wait >= 0)) throw optionError("wait", wait, "a time in milliseconds, 0 or more");
    });
    const until = performance.now() + wait;
    const late = (): never => {
      throw coreError("PKT_SHARED_LOCK_TIMEOUT", { name, wait });
    };
    return this.#locks.run(name, wait, late, async (hasWaited) => {
      // The call before has just released the lock. The pause gives a process that waits for it the same chance.
      if (hasWaited) await pause(Math.random() * MAX_PAUSE);
      const held = new HeldLock((await this.#acquire(name, ttl, until)) ?? late(), name, ttl);
      try {
        return await task(held.signal, held.token);
      } finally {
        await held.release();
      }
    });
  }

  async #update<Value>(
    key: string,
    change: (value: Value | undefined) => Value | Promise<Value>,
    { ttl }: SharedValueOptions,
    until: number,
  ): Promise<Value> {
    const { store } = this.#services;
    for (let attempts = 1; ; attempts++) {
      const entry = await store.get(key);
      const next = await change(entry && decodeValue<Value>(key, entry.bytes));
      const bytes = encodeValue(next);
      if ((await store.set(key, bytes, { ttl, ifVersion: entry?.version ?? 0n })) !== null) return next;
      if (performance.now() > until)
        throw coreError("PKT_SHARED_BUSY", {
          key,
          after: `after ${attempts} attempts in ${UPDATE_TIMEOUT} ms`,
        });
      await pause(Math.random() * Math.min(attempts, MAX_PAUSE));
    }
  }

  async #acquire(name: string, ttl: number, until: number): Promise<Lock | null> {
    for (;;) {
      const lock = await this.#services.locks.acquire(name, ttl);
      const left = until - performance.now();
      if (lock !== null || left <= 0) return lock;
      await pause(Math.min(left, MAX_PAUSE * (0.25 + Math.random())));
    }
  }
}

function assertValueOptions(call: string, key: unknown, options: unknown): void {
  assertKey(key);
  assertOptions(call, options, ["ttl"], "an object such as { ttl: 60_000 }");
  if (options["ttl"] !== undefined) assertTtl(options["ttl"]);
}
