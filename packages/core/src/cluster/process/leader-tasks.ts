/** The `onLeader()` tasks of one server in one process: they run while this process leads the server. */

import { createDeferred, type Deferred } from "../../node/deferred.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { backoffDelay, MAX_BACKOFF } from "./backoff.ts";

/** A task that a program passes to `onLeader()`; the signal aborts when the task has to end. */
export type LeaderTask = (signal: AbortSignal) => unknown;

/** Logs an `onLeader()` task that failed: takes its error and a message. */
export type LeaderReport = (error: unknown, message: string) => void;

/** Runs the leader's tasks. A process leads at most once, because a leader keeps the leadership until it drains. */
export class LeaderTasks {
  readonly #backoff: number;
  readonly #report: LeaderReport;
  readonly #tasks: LeaderTask[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #controller = new AbortController();
  readonly #aborted: Deferred<void> = createDeferred();
  #leads = false;
  #ended: Promise<boolean> | undefined;

  /** @param backoff Delay before a failed task is started again, in milliseconds; each failure in a row doubles it. */
  constructor(backoff: number, report: LeaderReport) {
    this.#backoff = backoff;
    this.#report = report;
  }

  /** Adds a task and, if this process leads already, starts it at once. */
  add(task: LeaderTask): void {
    this.#tasks.push(task);
    if (this.#leads) this.#start(task);
  }

  /** Starts every task; called when this process has acquired the leadership. */
  begin(): void {
    if (this.#leads || this.#ended !== undefined) return;
    this.#leads = true;
    for (const task of this.#tasks) this.#start(task);
  }

  /**
   * Aborts the signal of the tasks and waits for their end, before this process releases the leadership. Idempotent.
   *
   * @returns Whether all tasks have ended within `timeoutMs`.
   */
  end(timeoutMs: number): Promise<boolean> {
    this.#ended ??= this.#end(timeoutMs);
    return this.#ended;
  }

  async #end(timeoutMs: number): Promise<boolean> {
    this.#leads = false;
    this.#controller.abort();
    this.#aborted.resolve();
    const settled = Promise.all(this.#running).then(() => true);
    const ended = await withTimeLimit(settled, timeoutMs, () => false);
    if (!ended) {
      const message = `an onLeader task did not end within ${timeoutMs} ms of its signal`;
      this.#report(new Error(message), message);
    }
    return ended;
  }

  #start(task: LeaderTask): void {
    const run = this.#run(task).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Runs a task until it returns or the signal aborts. A failure after more than MAX_BACKOFF counts as the first. */
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
        if (performance.now() - began > MAX_BACKOFF) failures = 0;
        const delay = backoffDelay(this.#backoff, failures);
        failures += 1;
        this.#report(error, `an onLeader task failed; it is started again in ${delay} ms`);
        await withTimeLimit(this.#aborted.promise, delay, () => {});
      }
    }
  }

  /** Reports what a task threw after the abort, except the abort error: APIs that take the signal reject with it. */
  #reportLate(error: unknown): void {
    const aborted =
      error === this.#controller.signal.reason || (error instanceof Error && error.name === "AbortError");
    if (!aborted) this.#report(error, "an onLeader task failed while it ended");
  }
}
