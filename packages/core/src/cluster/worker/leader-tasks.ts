/** The tasks of `onLeader()` of one server in one process: they run while this process leads. */

import { createDeferred, type Deferred } from "../../node/deferred.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { LONGEST_DELAY } from "../primary/restart-policy.ts";

/** A task of the leader; the signal aborts when it has to end. */
export type LeaderTask = (signal: AbortSignal) => unknown;

/** Told of a task that failed. */
export type LeaderReport = (error: unknown, message: string) => void;

/** Runs the tasks. A process leads once: it leads no more only when it is about to end. */
export class LeaderTasks {
  readonly #backoff: number;
  readonly #report: LeaderReport;
  readonly #tasks: LeaderTask[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #controller = new AbortController();
  readonly #aborted: Deferred<void> = createDeferred();
  #leads = false;
  #ended: Promise<boolean> | undefined;

  /** @param backoff How long to wait before a task that failed is started again, in milliseconds; it doubles. */
  constructor(backoff: number, report: LeaderReport) {
    this.#backoff = backoff;
    this.#report = report;
  }

  /** Adds a task; it starts at once where this process leads already. */
  add(task: LeaderTask): void {
    this.#tasks.push(task);
    if (this.#leads) this.#start(task);
  }

  /** This process leads. */
  begin(): void {
    if (this.#leads || this.#ended !== undefined) return;
    this.#leads = true;
    for (const task of this.#tasks) this.#start(task);
  }

  /**
   * This process leads no more: the signal aborts. Idempotent.
   *
   * @param patience How long the tasks may take to end, in milliseconds.
   * @returns Whether they have.
   */
  end(patience: number): Promise<boolean> {
    this.#ended ??= this.#end(patience);
    return this.#ended;
  }

  async #end(patience: number): Promise<boolean> {
    this.#leads = false;
    this.#controller.abort();
    this.#aborted.resolve();
    const settled = Promise.all(this.#running).then(() => true);
    const ended = await withTimeLimit(settled, patience, () => false);
    if (!ended) {
      const message = `an onLeader task did not end within ${patience} ms of its signal`;
      this.#report(new Error(message), message);
    }
    return ended;
  }

  #start(task: LeaderTask): void {
    const run = this.#run(task).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Until it returns, or this process leads no more. One that has run for long fails for the first time. */
  async #run(task: LeaderTask): Promise<void> {
    const { signal } = this.#controller;
    let failures = 0;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        await task(signal);
        return;
      } catch (error) {
        if (signal.aborted) return this.#reportLate(error);
        if (performance.now() - began > LONGEST_DELAY) failures = 0;
        const delay = Math.min(LONGEST_DELAY, this.#backoff * 2 ** Math.min(failures, 30));
        failures += 1;
        this.#report(error, `an onLeader task failed; it is started again in ${delay} ms`);
        await withTimeLimit(this.#aborted.promise, delay, () => {});
      }
    }
  }

  /** What waits with the signal rejects when it aborts: that is how a task ends, not a failure. */
  #reportLate(error: unknown): void {
    const aborted =
      error === this.#controller.signal.reason || (error instanceof Error && error.name === "AbortError");
    if (!aborted) this.#report(error, "an onLeader task failed while it ended");
  }
}
