/**
 * The tasks of a program that run before a process answers its first request, and after it has answered the last one.
 */
import { coreError } from "../errors/errors.ts";
import type { Logger } from "../log/logger.ts";
import { withTimeLimit } from "../node/time-limit.ts";

/** A task of a program; awaited when it returns a promise. */
export type Task = () => unknown;

/** The tasks of `onReady()` and `onStop()` of one server in this process. */
export class Hooks {
  readonly #ready: Task[] = [];
  readonly #stop: Task[] = [];
  #isReady = false;

  /**
   * Adds a task that runs before the process is ready.
   *
   * @throws PKT_SERVER_ALREADY_READY when the tasks have run already, so that the new task would never run.
   */
  onReady(task: Task): void {
    if (this.#isReady) throw coreError("PKT_SERVER_ALREADY_READY");
    this.#ready.push(task);
  }

  /** Adds a task that runs after the process has answered its last request. */
  onStop(task: Task): void {
    this.#stop.push(task);
  }

  /**
   * Runs the tasks of `onReady()` one after another. Stops at the first task that fails, and rejects with its error.
   */
  async runReady(): Promise<void> {
    // The list may grow during the loop: a task may call onReady().
    for (const task of this.#ready) await task();
    this.#isReady = true;
  }

  /**
   * Runs the tasks of `onStop()` one after another, the last one registered first. Logs the error of a task that fails,
   * and runs the others. When `timeoutMs` is over, the remaining tasks do not run.
   *
   * @returns Whether all tasks have run in time.
   */
  async runStop(timeoutMs: number, log: Logger): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    for (let task = this.#stop.pop(); task !== undefined; task = this.#stop.pop()) {
      try {
        const left = Math.max(deadline - performance.now(), 0);
        if (await withTimeLimit(run(task), left, () => false)) continue;
      } catch (error) {
        log.error({ err: error }, "an onStop task failed");
        continue;
      }
      const left = this.#stop.splice(0).length;
      const fields = { timeoutMs, left };
      log.error(fields, "an onStop task did not end in time; the tasks after it did not run");
      return false;
    }
    return true;
  }
}

/** Runs a task. Returns a promise in any case: a throw of the task becomes a rejection. */
async function run(task: Task): Promise<true> {
  await task();
  return true;
}
