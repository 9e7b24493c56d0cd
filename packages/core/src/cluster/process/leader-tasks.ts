/** The `onLeader()` tasks of one server in one process: they run while this process leads the server. */

import { createDeferred, type Deferred } from "../../node/deferred.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { backoffDelay, MAX_BACKOFF } from "./backoff.ts";

/** A task of the leader; the signal aborts when the task has to end. */
export type LeaderTask = (signal: AbortSignal) => unknown;

/** Called with the error of a task and a message for the log. */
export type LeaderReport = (error: unknown, message: string) => void;

/** Runs the tasks. A process leads at most once: it releases the leadership only when it drains. */
export class LeaderTasks {
  readonly #backoff: number;
  readonly #report: LeaderReport;
  readonly #tasks: LeaderTask[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #controller = new AbortController();
  readonly #aborted: Deferred<void> = createDeferred();
  #leads = false;
  #ended: Promise<boolean> | undefined;

  /** @param backoff Milliseconds until a task that failed is started again; they double with each failure in a row. */
  constructor(backoff: number, report: LeaderReport) {
    this.#backoff = backoff;
    this.#report = report;
  }

  /** Adds a task; if this process leads already, the task starts at once. */
  add(task: LeaderTask): void {
    this.#tasks.push(task);
    if (this.#leads) this.#start(task);
  }

  /** Starts every task: this process has the leadership. */
  begin(): void {
    if (this.#leads || this.#ended !== undefined) return;
    this.#leads = true;
    for (const task of this.#tasks) this.#start(task);
  }

  /**
   * Aborts the signal and waits for the tasks: this process is about to release the leadership. Idempotent.
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

  /** Runs a task until it returns or the signal aborts. A failure after a long run counts as the first one. */
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

  /** Reports an error after the abort, unless it is the abort itself: APIs that take the signal reject with it. */
  #reportLate(error: unknown): void {
    const aborted =
      error === this.#controller.signal.reason || (error instanceof Error && error.name === "AbortError");
    if (!aborted) this.#report(error, "an onLeader task failed while it ended");
  }
}
