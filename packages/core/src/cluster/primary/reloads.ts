/**
 * Reloads the program: replaces the workers, one at a time, by workers that run the entry file as it is on disk now.
 */
import { isDeveloping } from "../../config/process-role.ts";
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
  /**
   * Workers that requested this reload. Each is answered before it drains to be replaced itself, because it could not
   * read an answer later.
   */
  readonly requesters: Map<WorkerProcess, Answer[]>;
}

/**
 * Runs one reload at a time. A call during a reload queues another reload, because the file may have changed after the
 * first worker was started. Further calls join the queued reload.
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

  /** Reloads, and resolves with the result. For a caller in the primary. */
  reload(): Promise<ReloadResult> {
    return this.#enqueue().result;
  }

  /** Reloads, and answers the worker that requested it once. */
  reloadFor(worker: WorkerProcess, answer: Answer): void {
    const { requesters, result } = this.#enqueue();
    requesters.set(worker, [...(requesters.get(worker) ?? []), answer]);
    // A worker that was answered before its own replacement is no longer listed, so it gets one answer.
    void result.then((outcome) => this.#answer(requesters, worker, outcome));
  }

  /**
   * Answers the requests for a reload of a worker that is about to drain, because the worker could not read an answer
   * later. Removes the worker, also one that has exited, from the list.
   */
  remove(worker: WorkerProcess): void {
    this.#answerAll(worker, this.#failure("the worker that requested it exits for another reason"));
  }

  /** Stops the reload before the next worker, because the server stops. */
  close(): void {
    this.#closed = true;
  }

  #enqueue(): Run {
    if (this.#queued !== undefined) return this.#queued;
    const before = this.#running?.result ?? Promise.resolve();
    const requesters = new Map<WorkerProcess, Answer[]>();
    const run: Run = { requesters, result: before.then(() => this.#begin(run)) };
    this.#queued = run;
    return run;
  }

  async #begin(run: Run): Promise<ReloadResult> {
    this.#queued = undefined;
    this.#running = run;
    const result = await this.#replaceAll(run.requesters);
    this.#running = undefined;
    if (!this.#closed) this.#pool.setBuildValid(result.ok);
    const { generation } = result;
    if (result.ok) this.#log.info({ generation }, `generation ${generation} serves`);
    else
      this.#log[isDeveloping() ? "debug" : "error"](
        // `packetron dev` prints the reason
        { generation, reason: result.reason },
        `reload failed, generation ${generation} serves on: ${result.reason}`,
      );
    return result;
  }

  async #replaceAll(requesters: ReadonlyMap<WorkerProcess, unknown>): Promise<ReloadResult> {
    this.#lastGeneration += 1;
    const generation = this.#lastGeneration;
    this.#log.info({ generation }, `reload: generation ${generation} starts`);
    const onTakeover = (former: WorkerProcess | undefined): void => {
      // One candidate has proved the build, so workers that end from now on are restarted with it.
      this.#pool.generation = generation;
      if (former !== undefined) this.#answerAll(former, { ok: true, generation });
    };
    let slot = this.#nextSlot(generation, requesters);
    while (slot !== undefined && !this.#closed) {
      const failure = await this.#replacement.replace(slot, generation, onTakeover);
      if (failure !== undefined && !this.#closed)
        return this.#failure(failure + this.#describeMixture(generation));
      slot = this.#nextSlot(generation, requesters);
    }
    return this.#closed ? this.#failure("the server stops") : { ok: true, generation };
  }

  /** Finds a slot whose worker is of an earlier generation. Workers that requested the reload are last. */
  #nextSlot(generation: number, requesters: ReadonlyMap<WorkerProcess, unknown>): number | undefined {
    const former = this.#pool.holders.filter((worker) => worker.generation < generation);
    return (former.find((worker) => !requesters.has(worker)) ?? former[0])?.slot;
  }

  /** Adds to a failure that two generations serve: a later candidate can fail where the first ones did not. */
  #describeMixture(generation: number): string {
    const replaced = this.#pool.holders.filter((worker) => worker.generation === generation).length;
    return replaced === 0 ? "" : ` Workers that are of generation ${generation} already: ${replaced}.`;
  }

  #answerAll(worker: WorkerProcess, result: ReloadResult): void {
    for (const run of [this.#running, this.#queued]) {
      if (run !== undefined) this.#answer(run.requesters, worker, result);
    }
  }

  #answer(requesters: Run["requesters"], worker: WorkerProcess, result: ReloadResult): void {
    const answers = requesters.get(worker) ?? [];
    requesters.delete(worker);
    for (const answer of answers) answer(result);
  }

  /** Makes the result of a failed reload, with the oldest generation that serves. */
  #failure(reason: string): ReloadResult {
    const generations = this.#pool.holders.map((worker) => worker.generation);
    return { ok: false, generation: Math.min(this.#pool.generation, ...generations), reason };
  }
}
