/** Reloads: every worker gives way to one that runs the file as it is on disk now, one after the other. */
import type { Logger } from "../../log/logger.ts";
import type { ReloadResult } from "../process/lifecycle.ts";
import type { Pool } from "./pool.ts";
import type { Succession } from "./replacement.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Tells a worker how the reload went that it asked for. */
export type Answer = (result: ReloadResult) => void;

/** One reload, from the call to its end. */
interface Run {
  readonly result: Promise<ReloadResult>;
  /** Workers that asked for it: they get their answer before their own turn comes, because then they drain. */
  readonly askers: Map<WorkerProcess, Answer[]>;
}

/**
 * Runs one reload at a time. A call while one runs queues another, since what is on disk may have changed after the
 * first worker was started; further calls join the one that is queued.
 */
export class Reloads {
  readonly #pool: Pool;
  readonly #succession: Succession;
  readonly #log: Logger;
  #numbers: number;
  #running: Run | undefined;
  #queued: Run | undefined;
  #closed = false;

  constructor(pool: Pool, succession: Succession, log: Logger) {
    this.#pool = pool;
    this.#succession = succession;
    this.#log = log;
    this.#numbers = pool.generation;
  }

  /** Whether workers are being replaced now. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Reloads, for the primary. */
  reload(): Promise<ReloadResult> {
    return this.#enlist().result;
  }

  /** Reloads, for a worker. */
  reloadFor(worker: WorkerProcess, answer: Answer): void {
    const { askers, result } = this.#enlist();
    askers.set(worker, [...(askers.get(worker) ?? []), answer]);
    // Once only: whoever was answered before its turn is not listed any more.
    void result.then((outcome) => this.#answer(askers, worker, outcome));
  }

  /** The worker is about to drain: it gets its answer now, or never. */
  leaving(worker: WorkerProcess): void {
    this.#answerAll(worker, this.#refusal("the worker that asked for it ends for another reason"));
  }

  /** The server stops: no worker is replaced any more. */
  close(): void {
    this.#closed = true;
  }

  #enlist(): Run {
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
    const result = await this.#reload(run.askers);
    this.#running = undefined;
    if (!this.#closed) this.#pool.trust(result.ok);
    if (result.ok)
      this.#log.info({ generation: result.generation }, `generation ${result.generation} serves`);
    else
      this.#log.error(
        { generation: result.generation, reason: result.reason },
        `reload failed, generation ${result.generation} serves on: ${result.reason}`,
      );
    return result;
  }

  async #reload(askers: ReadonlyMap<WorkerProcess, unknown>): Promise<ReloadResult> {
    this.#numbers += 1;
    const generation = this.#numbers;
    this.#log.info({ generation }, `reload: generation ${generation} starts`);
    for (
      let slot = this.#next(generation, askers);
      slot !== undefined;
      slot = this.#next(generation, askers)
    ) {
      if (this.#closed) return this.#refusal("the server stops");
      const failure = await this.#succession.replace(slot, generation, (former) => {
        // From the first one that has proved itself on, dead workers are replaced by workers of the same generation.
        this.#pool.generation = generation;
        if (former !== undefined) this.#answerAll(former, { ok: true, generation });
      });
      if (this.#closed) return this.#refusal("the server stops");
      if (failure !== undefined) return this.#refusal(failure + this.#tellMixture(generation));
    }
    return this.#closed ? this.#refusal("the server stops") : { ok: true, generation };
  }

  /** A slot whose worker is of an earlier generation; those who asked come last. */
  #next(generation: number, askers: ReadonlyMap<WorkerProcess, unknown>): number | undefined {
    const former = this.#pool.holders.filter((worker) => worker.generation < generation);
    return (former.find((worker) => !askers.has(worker)) ?? former[0])?.slot;
  }

  /** A later worker may fail where the first ones did not: code of two generations serves then. */
  #tellMixture(generation: number): string {
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

  /** The oldest generation that serves is the one that the caller has to reckon with. */
  #refusal(reason: string): ReloadResult {
    const generations = this.#pool.holders.map((worker) => worker.generation);
    return { ok: false, generation: Math.min(this.#pool.generation, ...generations), reason };
  }
}
