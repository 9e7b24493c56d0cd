/** The tasks of a program that run before a process answers its first request, and after it has answered the last one. */
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

  /** @throws PKT_SERVER_ALREADY_READY when the tasks have run already: a later one would never run. */
  onReady(task: Task): void {
    if (this.#isReady) throw coreError("PKT_SERVER_ALREADY_READY");
    this.#ready.push(task);
  }

  onStop(task: Task): void {
    this.#stop.push(task);
  }

  /** Runs the tasks of `onReady()` one after another; stops at the first that fails, and rejects with its error. */
  async runReady(): Promise<void> {
    // The list may grow meanwhile: a task may register another one.
    for (const task of this.#ready) await task();
    this.#isReady = true;
  }

  /**
   * Runs the tasks of `onStop()` one after another, the last one registered first. A task that fails is logged, and the
   * others run. When `timeoutMs` is over, the tasks that are left do not run.
   *
   * @returns Whether there was time for all of them.
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
      const fields = { patience: timeoutMs, left };
      log.error(fields, "an onStop task did not end in time; those that were left did not run");
      return false;
    }
    return true;
  }
}

/** Turns a throw into a rejection. */
async function run(task: Task): Promise<true> {
  await task();
  return true;
}
