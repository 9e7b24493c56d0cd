/** Simulated processes. Each one has its own store, and can be halted or killed before any file system call. */
import { randomBytes } from "node:crypto";
import { isPacketronError } from "@packetron/core";
import type { Places } from "../src/directory.ts";
import { type FileSystem, nodeFileSystem } from "../src/file-system.ts";
import { type OwnerState, type Owners, pidOf } from "../src/owner.ts";
import { FileStore } from "../src/store.ts";
import { GlobalValues } from "../src/values.ts";

/** Ends a simulated process: all its further file system calls throw this error, also those in `finally` blocks. */
class Killed extends Error {}

/** An action that interrupts a simulated process. */
export interface Interruption {
  /** The number of a file system call, from 1. */
  readonly at: number;
  /** Runs before that call. The process continues afterwards, unless it was killed. */
  readonly run: () => void;
}

/** Returns `node:fs` with a function that runs before each call. */
export function hookedFileSystem(before: (call: string, args: readonly unknown[]) => void): FileSystem {
  return new Proxy(nodeFileSystem, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== "function") return call;
      return (...args: unknown[]) => {
        before(String(name), args);
        return Reflect.apply(call, target, args);
      };
    },
  });
}

/** A simulated process. */
export class SimulatedProcess {
  readonly id: number;
  /** Number of file system calls since the last `interrupt()`. */
  calls = 0;
  killed = false;
  readonly #values: GlobalValues;
  #interruption: Interruption | null = null;

  constructor(id: number, places: Places, stateOf: (id: number) => OwnerState) {
    this.id = id;
    const owners: Owners = {
      create: () => `${id}.1.1.1.${randomBytes(12).toString("hex")}`,
      stateOf: (record) => stateOf(Number(pidOf(record))),
    };
    const fs = hookedFileSystem(() => this.#beforeCall());
    const delays = { checkInterval: 0, unknownOwner: 0, maxSleep: 0 };
    this.#values = new GlobalValues(new FileStore({ places: () => places, fs, owners, delays }));
  }

  /** Sets the next interruption, and begins to count calls again. */
  interrupt(interruption: Interruption): void {
    this.calls = 0;
    this.#interruption = interruption;
  }

  kill(): never {
    this.killed = true;
    throw new Killed();
  }

  /** Adds one to the counter, without waiting for other processes. */
  increment(): number {
    return Number(
      this.#values.update("counter", (count) => Number(count ?? 0) + 1, { durable: false, lockTimeout: 0 }),
    );
  }

  /** Makes an increment. Returns whether it was acknowledged, and not refused or killed. */
  tryIncrement(): boolean {
    try {
      this.increment();
      return true;
    } catch (error) {
      if (this.killed || isPacketronError(error, "PKT_GLOBAL_DATA_LOCKED")) return false;
      throw error;
    }
  }

  /** Begins a revision and ends it without a change. */
  abandonChange(): void {
    const refusal = new Error("no change");
    const refuse = (): never => {
      throw refusal;
    };
    try {
      this.#values.update("counter", refuse, { durable: false, lockTimeout: 0 });
    } catch (error) {
      if (error !== refusal) throw error;
    }
  }

  read(): number {
    return Number(this.#values.get("counter") ?? 0);
  }

  close(): void {
    this.#interruption = null;
    this.killed = false;
    this.#values.close();
  }

  #beforeCall(): void {
    if (this.killed) throw new Killed();
    if (++this.calls === this.#interruption?.at) this.#interruption.run();
  }
}
