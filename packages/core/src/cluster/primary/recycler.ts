/** Replaces workers that have grown too large, become too old or answered too many requests: against unknown leaks. */
import type { Logger } from "../../log/logger.ts";
import type { Replacement } from "./replacement.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Limits of one worker; 0 is none. */
export interface RecyclingLimits {
  /** Bytes of resident memory. */
  readonly maxMemory: number;
  /** Milliseconds. */
  readonly maxAge: number;
  readonly maxRequestsPerWorker: number;
}

/** What one worker has used so far. */
export interface WorkerUsage {
  /** Bytes of resident memory. */
  readonly rss: number;
  /** Milliseconds since it was ready. */
  readonly age: number;
  readonly requests: number;
}

/** Each worker's limits are up to this part lower, so that workers that started together are not replaced together. */
const JITTER = 0.1;

/**
 * A worker lives at least this many times as long as the CPU time of its start. So with limits that are too low for the
 * application, replacing workers costs a fifth of a CPU and not all CPUs.
 */
const WORTH_STARTING = 5;

/** How long after a failed replacement the next one is tried, in milliseconds. */
const RETRY_AFTER = 60_000;

/** The limit that a worker has reached, in a few words. `share` is the part of the limits that applies to it. */
export function reachedLimit(usage: WorkerUsage, limits: RecyclingLimits, share: number): string | undefined {
  const isOver = (value: number, limit: number): boolean => limit !== 0 && value >= limit * share;
  if (isOver(usage.rss, limits.maxMemory)) return `it has ${Math.round(usage.rss / 2 ** 20)} MiB of memory`;
  if (isOver(usage.age, limits.maxAge)) return `it is ${Math.round(usage.age / 1000)} s old`;
  if (isOver(usage.requests, limits.maxRequestsPerWorker))
    return `it has answered ${usage.requests} requests`;
  return undefined;
}

/** Checks workers at each heartbeat, and replaces one at a time. */
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
    if (age < (worker.startCost / 1_000) * WORTH_STARTING) return;
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
