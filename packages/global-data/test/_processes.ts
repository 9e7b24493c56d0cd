/** Processes that are played: each has a store of its own, and can be halted or killed before any call of the file system. */
import { randomBytes } from "node:crypto";
import { isPacketronError } from "@packetron/core";
import type { Places } from "../src/directory.ts";
import { type FileSystem, nodeFileSystem } from "../src/file-system.ts";
import { type OwnerState, type Owners, pidOf } from "../src/owner.ts";
import { FileStore } from "../src/store.ts";
import { GlobalValues } from "../src/values.ts";

/** How a played process ends: it does nothing any more, not even in its `finally` blocks. */
class Killed extends Error {}

/** What happens to a process. */
export interface Fate {
  /** The number of a call of the file system, from 1. */
  readonly at: number;
  /** Happens before that call; the process goes on afterwards, unless it was killed. */
  readonly happens: () => void;
}

/** `node:fs` with something before each call. */
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

/** A played process. */
export class PlayedProcess {
  readonly id: number;
  /** Calls of the file system so far. */
  calls = 0;
  killed = false;
  readonly #values: GlobalValues;
  #fate: Fate | null = null;

  constructor(id: number, places: Places, judge: (id: number) => OwnerState) {
    this.id = id;
    const owners: Owners = {
      create: () => `${id}.1.1.1.${randomBytes(12).toString("hex")}`,
      judge: (record) => judge(Number(pidOf(record))),
    };
    const fs = hookedFileSystem(() => this.#beforeCall());
    const patience = { look: 0, unknown: 0, nap: 0 };
    this.#values = new GlobalValues(new FileStore({ places: () => places, fs, owners, patience }));
  }

  /** Decides what happens from now on, counting calls anew. */
  meet(fate: Fate | null): void {
    this.calls = 0;
    this.#fate = fate;
  }

  kill(): never {
    this.killed = true;
    throw new Killed();
  }

  /** Adds one to the counter; waits for nobody. */
  increment(): number {
    return Number(
      this.#values.update("counter", (count) => Number(count ?? 0) + 1, { durable: false, lockTimeout: 0 }),
    );
  }

  /** Whether an increment was acknowledged; it may also be refused or killed. */
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
  fail(): void {
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
    this.#fate = null;
    this.killed = false;
    this.#values.close();
  }

  #beforeCall(): void {
    if (this.killed) throw new Killed();
    if (++this.calls === this.#fate?.at) this.#fate.happens();
  }
}
