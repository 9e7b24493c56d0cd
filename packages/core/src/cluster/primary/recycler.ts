/** Replaces workers that use too much memory, are too old or have answered too many requests, against unknown leaks. */
import type { Logger } from "../../log/logger.ts";
import type { Replacement } from "./replacement.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** The limits after which a worker is replaced; 0 turns a limit off. */
export interface RecyclingLimits {
  /** Resident memory, in bytes. */
  readonly maxMemory: number;
  /** Time since the worker became ready, in milliseconds. */
  readonly maxAge: number;
  /** Answered requests. */
  readonly maxRequestsPerWorker: number;
}

/** What one worker has used so far. */
export interface WorkerUsage {
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** Time since the worker became ready, in milliseconds. */
  readonly age: number;
  /** Answered requests. */
  readonly requests: number;
}

/**
 * The largest share by which a worker's limits are lowered at random, so that workers of the same age are not replaced
 * together.
 */
const JITTER = 0.1;

/**
 * The shortest life of a worker, as a multiple of the CPU time of its start. So even if the limits are too low for the
 * application, replacing workers costs at most a fifth of a CPU.
 */
const MIN_AGE_FACTOR = 5;

/** How long after a failed replacement the recycler tries the next one, in milliseconds. */
const RETRY_AFTER = 60_000;

/**
 * Describes the limit that a worker has reached; `undefined` when it has reached none. `share` is the part of the
 * limits that applies to this worker, from 0 to 1.
 */
export function reachedLimit(usage: WorkerUsage, limits: RecyclingLimits, share: number): string | undefined {
  const isOver = (value: number, limit: number): boolean => limit !== 0 && value >= limit * share;
  if (isOver(usage.rss, limits.maxMemory)) return `it has ${Math.round(usage.rss / 2 ** 20)} MiB of memory`;
  if (isOver(usage.age, limits.maxAge)) return `it is ${Math.round(usage.age / 1000)} s old`;
  if (isOver(usage.requests, limits.maxRequestsPerWorker))
    return `it has answered ${usage.requests} requests`;
  return undefined;
}

/** Checks each worker at its heartbeats, and replaces one worker at a time. */
export class Recycler {
  readonly #limits: RecyclingLimits;
  readonly #log: Logger;
  readonly #replacement: Replacement;
  readonly #shares = new WeakMap<WorkerProcess, number>();
  /** Workers to replace and why, in the order in which they reached a limit. */
  readonly #due = new Map<WorkerProcess, string>();
  #busy = false;
  #notBefore = 0;

  constructor(limits: RecyclingLimits, replacement: Replacement, log: Logger) {
    this.#limits = limits;
    this.#replacement = replacement;
    this.#log = log;
  }

  /** Checks a worker that has just sent a heartbeat. */
  check(worker: WorkerProcess): void {
    const age = performance.now() - (worker.readyAt ?? Number.POSITIVE_INFINITY);
    if (age < (worker.startCost / 1_000) * MIN_AGE_FACTOR) return;
    const { rss, requests } = worker.load;
    const reason = reachedLimit({ rss, age, requests }, this.#limits, this.#shareOf(worker));
    if (reason !== undefined && !this.#due.has(worker)) this.#due.set(worker, reason);
    if (!this.#busy && performance.now() >= this.#notBefore) this.#recycleNext();
  }

  #recycleNext(): void {
    for (const [worker, reason] of this.#due) {
      this.#due.delete(worker);
      if (worker.state === "ready") return void this.#recycle(worker, reason);
    }
  }

  async #recycle({ slot, pid, generation }: WorkerProcess, reason: string): Promise<void> {
    this.#busy = true;
    this.#log.info({ worker: slot, pid }, `worker ${slot} is replaced: ${reason}`);
    const failure = await this.#replacement.replace(slot, generation);
    this.#busy = false;
    if (failure === undefined) return;
    this.#notBefore = performance.now() + RETRY_AFTER;
    this.#log.error({ worker: slot, pid, reason: failure }, `worker ${slot} was not replaced: ${failure}`);
  }

  #shareOf(worker: WorkerProcess): number {
    const share = this.#shares.get(worker) ?? 1 - Math.random() * JITTER;
    this.#shares.set(worker, share);
    return share;
  }
}
