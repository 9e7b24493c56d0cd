/** The `onLeader()` tasks of one server in one process: they run while this process leads the server. */

import { createDeferred, type Deferred } from "../../node/deferred.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { backoffDelay, MAX_BACKOFF } from "./backoff.ts";

/** What a leader has while it leads. */
export interface LeaderLease {
  /**
   * A fencing token, larger than that of each former leader. A write that carries it can be refused by a database that has
   * seen a larger one.
   */
  readonly token: bigint;
}

/** A task that a program passes to `onLeader()`; the signal aborts when the task has to end. */
export type LeaderTask = (signal: AbortSignal, lease: LeaderLease) => unknown;

/** Logs an `onLeader()` task that failed: takes its error and a message. */
export type LeaderReport = (error: unknown, message: string) => void;

/** The time in which this process leads. */
interface Term {
  readonly lease: LeaderLease;
  readonly controller: AbortController;
  readonly aborted: Deferred<void>;
  readonly running: Set<Promise<void>>;
}

/** Runs the leader's tasks. A process may lead again after {@link interrupt}, but not after {@link end}. */
export class LeaderTasks {
  readonly #backoff: number;
  readonly #report: LeaderReport;
  readonly #tasks: LeaderTask[] = [];
  #term: Term | undefined;
  #ended: Promise<boolean> | undefined;

  /** @param backoff Delay before a failed task is started again, in milliseconds; each failure in a row doubles it. */
  constructor(backoff: number, report: LeaderReport) {
    this.#backoff = backoff;
    this.#report = report;
  }

  /** Whether the program has added no task. */
  get isEmpty(): boolean {
    return this.#tasks.length === 0;
  }

  /** Adds a task and, if this process leads already, starts it at once. */
  add(task: LeaderTask): void {
    this.#tasks.push(task);
    if (this.#term !== undefined && this.#ended === undefined) this.#start(task, this.#term);
  }

  /** Starts every task; called when this process has acquired the leadership. */
  begin(token: bigint): void {
    if (this.#term !== undefined || this.#ended !== undefined) return;
    const term = {
      lease: { token },
      controller: new AbortController(),
      aborted: createDeferred<void>(),
      running: new Set<Promise<void>>(),
    };
    this.#term = term;
    for (const task of this.#tasks) this.#start(task, term);
  }

  /** Aborts the signal of the tasks, because another process may lead now. Resolves when they have ended. */
  async interrupt(): Promise<void> {
    await this.#abort();
    this.#term = undefined;
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
    const settled = this.#abort().then(() => true);
    const ended = await withTimeLimit(settled, timeoutMs, () => false);
    if (!ended) {
      const message = `an onLeader task did not end within ${timeoutMs} ms of its signal`;
      this.#report(new Error(message), message);
    }
    return ended;
  }

  async #abort(): Promise<void> {
    if (this.#term === undefined) return;
    const { controller, aborted, running } = this.#term;
    controller.abort();
    aborted.resolve();
    await Promise.all(running);
  }

  #start(task: LeaderTask, term: Term): void {
    const run = this.#run(task, term).finally(() => term.running.delete(run));
    term.running.add(run);
  }

  /** Runs a task until it returns or the signal aborts. A failure after more than MAX_BACKOFF counts as the first. */
  async #run(task: LeaderTask, { lease, controller: { signal }, aborted }: Term): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        await task(signal, lease);
        return;
      } catch (error) {
        if (signal.aborted) return this.#reportLate(error, signal);
        if (performance.now() - began > MAX_BACKOFF) failures = 0;
        const delay = backoffDelay(this.#backoff, failures);
        failures += 1;
        this.#report(error, `an onLeader task failed; it is started again in ${delay} ms`);
        await withTimeLimit(aborted.promise, delay, () => {});
      }
    }
  }

  /** Reports what a task threw after the abort, except the abort error: APIs that take the signal reject with it. */
  #reportLate(error: unknown, signal: AbortSignal): void {
    const aborted = error === signal.reason || (error instanceof Error && error.name === "AbortError");
    if (!aborted) this.#report(error, "an onLeader task failed while it ended");
  }
}
