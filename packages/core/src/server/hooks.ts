/** What a program wants done before a process answers its first request, and after it has answered the last one. */
import { coreError } from "../errors/errors.ts";
import type { Logger } from "../log/logger.ts";

/** A task of a program; awaited when it returns a promise. */
export type Task = () => unknown;

/** The tasks of `onReady()` and `onStop()` of one server in this process. */
export class Hooks {
  readonly #ready: Task[] = [];
  readonly #stop: Task[] = [];
  #isReady = false;

  /** @throws PKT_SERVER_ALREADY_READY when the tasks have run already: this one would never be. */
  onReady(task: Task): void {
    if (this.#isReady) throw coreError("PKT_SERVER_ALREADY_READY");
    this.#ready.push(task);
  }

  onStop(task: Task): void {
    this.#stop.push(task);
  }

  /** Runs the tasks of `onReady()`, each after the one before it; the first one that fails is the end of it. */
  async getReady(): Promise<void> {
    // The list may grow meanwhile: a task may register another one.
    for (const task of this.#ready) await task();
    this.#isReady = true;
  }

  /**
   * Runs the tasks of `onStop()`, the last one registered first. One that fails is logged, and the others run all the
   * same; once `patience` (milliseconds) is over, those that are left do not.
   *
   * @returns Whether there was time for all of them.
   */
  async wrapUp(patience: number, log: Logger): Promise<boolean> {
    const deadline = performance.now() + patience;
    for (let task = this.#stop.pop(); task !== undefined; task = this.#stop.pop()) {
      try {
        if (await settlesWithin(deadline - performance.now(), task)) continue;
      } catch (error) {
        log.error({ err: error }, "an onStop task failed");
        continue;
      }
      const left = this.#stop.splice(0).length;
      log.error({ patience, left }, "an onStop task did not end in time; those that were left did not run");
      return false;
    }
    return true;
  }
}

/** Whether what the task returns is settled in time; rejects as it does. */
async function settlesWithin(patience: number, task: Task): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, patience, false);
  });
  const settled = (async () => {
    await task();
    return true;
  })();
  // When it fails after its time, nobody waits for it any more.
  settled.catch(() => {});
  try {
    return await Promise.race([settled, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
