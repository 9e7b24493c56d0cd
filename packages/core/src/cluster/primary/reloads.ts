/** Reloads: every worker is replaced by one that runs the file as it is on disk now, one at a time. */
import type { Logger } from "../../log/logger.ts";
import type { ReloadResult } from "../process/lifecycle.ts";
import type { Pool } from "./pool.ts";
import type { Replacement } from "./replacement.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Sends the result of a reload to the worker that requested it. */
export type Answer = (result: ReloadResult) => void;

/** One reload, from the call to its end. */
interface Run {
  readonly result: Promise<ReloadResult>;
  /** Workers that requested it. Each gets its answer before it is replaced itself, because then it drains. */
  readonly askers: Map<WorkerProcess, Answer[]>;
}

/**
 * Runs one reload at a time. A call during a reload queues another one, because the file may have changed after the first
 * worker was started; further calls join the queued one.
 */
export class Reloads {
  readonly #pool: Pool;
  readonly #replacement: Replacement;
  readonly #log: Logger;
  #lastGeneration: number;
  #running: Run | undefined;
  #queued: Run | undefined;
  #closed = false;

  constructor(pool: Pool, replacement: Replacement, log: Logger) {
    this.#pool = pool;
    this.#replacement = replacement;
    this.#log = log;
    this.#lastGeneration = pool.generation;
  }

  /** Whether workers are being replaced now. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Reloads for a caller in the primary. */
  reload(): Promise<ReloadResult> {
    return this.#enqueue().result;
  }

  /** Reloads for a worker. */
  reloadFor(worker: WorkerProcess, answer: Answer): void {
    const { askers, result } = this.#enqueue();
    askers.set(worker, [...(askers.get(worker) ?? []), answer]);
    // A worker that was answered before its own replacement is not listed any more, so it is answered once.
    void result.then((outcome) => this.#answer(askers, worker, outcome));
  }

  /** Answers a worker that is about to drain or has exited: later it could not read the answer. */
  forget(worker: WorkerProcess): void {
    this.#answerAll(worker, this.#failure("the worker that asked for it ends for another reason"));
  }

  /** Replaces no further worker: the server stops. */
  close(): void {
    this.#closed = true;
  }

  #enqueue(): Run {
    if (this.#queued !== undefined) return this.#queued;
    const before = this.#running?.result ?? Promise.resolve();
    const askers = new Map<WorkerProcess, Answer[]>();
    const run: Run = { askers, result: before.then(() => this.#begin(run)) };
    this.#queued = run;
    return run;
  }

  async #begin(run: Run): Promise<ReloadResult> {
    this.#queued = undefined;
    this.#running = run;
    const result = await this.#replaceAll(run.askers);
    this.#running = undefined;
    if (!this.#closed) this.#pool.setBuildValid(result.ok);
    const { generation } = result;
    if (result.ok) this.#log.info({ generation }, `generation ${generation} serves`);
    else
      this.#log.error(
        { generation, reason: result.reason },
        `reload failed, generation ${generation} serves on: ${result.reason}`,
      );
    return result;
  }

  async #replaceAll(askers: ReadonlyMap<WorkerProcess, unknown>): Promise<ReloadResult> {
    this.#lastGeneration += 1;
    const generation = this.#lastGeneration;
    this.#log.info({ generation }, `reload: generation ${generation} starts`);
    const onTakeover = (former: WorkerProcess | undefined): void => {
      // From the first proven candidate on, workers that end are restarted with the new generation.
      this.#pool.generation = generation;
      if (former !== undefined) this.#answerAll(former, { ok: true, generation });
    };
    let slot = this.#nextSlot(generation, askers);
    while (slot !== undefined && !this.#closed) {
      const failure = await this.#replacement.replace(slot, generation, onTakeover);
      if (failure !== undefined && !this.#closed)
        return this.#failure(failure + this.#describeMixture(generation));
      slot = this.#nextSlot(generation, askers);
    }
    return this.#closed ? this.#failure("the server stops") : { ok: true, generation };
  }

  /** A slot whose worker is of an earlier generation; workers that requested the reload come last. */
  #nextSlot(generation: number, askers: ReadonlyMap<WorkerProcess, unknown>): number | undefined {
    const former = this.#pool.holders.filter((worker) => worker.generation < generation);
    return (former.find((worker) => !askers.has(worker)) ?? former[0])?.slot;
  }

  /** A later candidate may fail where the first ones did not: then two generations serve. */
  #describeMixture(generation: number): string {
    const replaced = this.#pool.holders.filter((worker) => worker.generation === generation).length;
    return replaced === 0 ? "" : ` Workers that are of generation ${generation} already: ${replaced}.`;
  }

  #answerAll(worker: WorkerProcess, result: ReloadResult): void {
    for (const run of [this.#running, this.#queued]) {
      if (run !== undefined) this.#answer(run.askers, worker, result);
    }
  }

  #answer(askers: Run["askers"], worker: WorkerProcess, result: ReloadResult): void {
    const answers = askers.get(worker) ?? [];
    askers.delete(worker);
    for (const answer of answers) answer(result);
  }

  /** A failure names the oldest generation that serves. */
  #failure(reason: string): ReloadResult {
    const generations = this.#pool.holders.map((worker) => worker.generation);
    return { ok: false, generation: Math.min(this.#pool.generation, ...generations), reason };
  }
}
