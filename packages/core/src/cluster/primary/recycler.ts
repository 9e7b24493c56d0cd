/** Replaces workers that have become too large, too old, or have answered enough: against leaks that nobody found yet. */
import type { Logger } from "../../log/logger.ts";
import type { Succession } from "./replacement.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Limits of one worker; 0 is none. */
export interface RecyclingLimits {
  /** Bytes of resident memory. */
  readonly maxMemory: number;
  /** Milliseconds. */
  readonly maxAge: number;
  readonly maxRequestsPerWorker: number;
}

/** What one worker is judged by. */
export interface Wear {
  readonly rss: number;
  /** Milliseconds since it was ready. */
  readonly age: number;
  readonly requests: number;
}

/** Each worker's limits are up to this part lower, so that workers that started together do not go together. */
const JITTER = 0.1;

/**
 * A worker lives at least this many times as long as its start has cost CPU time: with a limit that is too low for the
 * application, replacing workers costs a fifth of a CPU and not all of them.
 */
const WORTH_STARTING = 5;

/** How long after a failed replacement the next one is tried, in milliseconds. */
const RETRY_AFTER = 60_000;

/** Which limit the worker has reached, in a few words. `share` is the part of the limits that holds for it. */
export function reachedLimit(wear: Wear, limits: RecyclingLimits, share: number): string | undefined {
  const isOver = (value: number, limit: number): boolean => limit !== 0 && value >= limit * share;
  if (isOver(wear.rss, limits.maxMemory)) return `it has ${Math.round(wear.rss / 2 ** 20)} MiB of memory`;
  if (isOver(wear.age, limits.maxAge)) return `it is ${Math.round(wear.age / 1000)} s old`;
  if (isOver(wear.requests, limits.maxRequestsPerWorker)) return `it has answered ${wear.requests} requests`;
  return undefined;
}

/** Looks at workers when they report, and replaces one at a time. */
export class Recycler {
  readonly #limits: RecyclingLimits;
  readonly #log: Logger;
  readonly #succession: Succession;
  readonly #shares = new WeakMap<WorkerProcess, number>();
  /** Those whose turn comes, and why, in the order in which they reached a limit. */
  readonly #due = new Map<WorkerProcess, string>();
  #busy = false;
  #notBefore = 0;

  constructor(limits: RecyclingLimits, succession: Succession, log: Logger) {
    this.#limits = limits;
    this.#succession = succession;
    this.#log = log;
  }

  /** The worker has just reported. */
  consider(worker: WorkerProcess): void {
    const age = performance.now() - (worker.readyAt ?? Number.POSITIVE_INFINITY);
    if (age < (worker.startCost / 1_000) * WORTH_STARTING) return;
    const { rss, requests } = worker.load;
    const why = reachedLimit({ rss, age, requests }, this.#limits, this.#shareOf(worker));
    if (why !== undefined && !this.#due.has(worker)) this.#due.set(worker, why);
    if (!this.#busy && performance.now() >= this.#notBefore) this.#recycleNext();
  }

  #recycleNext(): void {
    for (const [worker, why] of this.#due) {
      this.#due.delete(worker);
      if (worker.state === "ready") return void this.#recycle(worker, why);
    }
  }

  async #recycle({ slot, pid, generation }: WorkerProcess, why: string): Promise<void> {
    this.#busy = true;
    this.#log.info({ worker: slot, pid }, `worker ${slot} is replaced: ${why}`);
    const failure = await this.#succession.replace(slot, generation, () => {});
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
