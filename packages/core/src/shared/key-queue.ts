/** Makes calls for one key run one after another in this process, so that they do not compete with each other. */
import { createDeferred } from "../node/deferred.ts";
import { withTimeLimit } from "../node/time-limit.ts";

/** The queues of keys that have calls. */
export class KeyQueue {
  /** Settles when the last call of the key has ended. */
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs work when the earlier calls of the key have ended.
   *
   * @param limit How long the call may wait for its turn, in milliseconds.
   * @param onTimeout Throws the error of a call whose turn did not come.
   * @param work Gets whether the call had to wait.
   */
  async run<Result>(
    key: string,
    limit: number,
    onTimeout: () => never,
    work: (hasWaited: boolean) => Promise<Result>,
  ): Promise<Result> {
    const earlier = this.#last.get(key);
    const own = createDeferred<void>();
    const last = earlier === undefined ? own.promise : earlier.then(() => own.promise);
    this.#last.set(key, last);
    try {
      if (earlier !== undefined) await withTimeLimit(earlier, limit, onTimeout);
      return await work(earlier !== undefined);
    } finally {
      own.resolve();
      if (this.#last.get(key) === last) this.#last.delete(key);
    }
  }
}
