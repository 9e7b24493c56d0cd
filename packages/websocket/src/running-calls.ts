/** The asynchronous calls of the program's functions that have not ended. A process that stops waits for them. */
export class RunningCalls {
  readonly #promises = new Set<Promise<unknown>>();

  /** Calls a function of the program. An error of it, also a later one, goes to `fail`. */
  run(call: () => unknown, fail: (error: unknown) => void): void {
    let result: unknown;
    try {
      result = call();
    } catch (error) {
      return fail(error);
    }
    if (!(result instanceof Promise)) return;
    const running = result.then(undefined, fail).finally(() => this.#promises.delete(running));
    this.#promises.add(running);
  }

  /** Resolves when all calls have ended, or after a time in milliseconds. */
  end(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      Promise.all(this.#promises).then(done, done);
    });
  }
}
