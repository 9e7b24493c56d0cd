/** A promise with the functions that settle it. Node 20 does not have `Promise.withResolvers()`. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/**
 * Makes a promise with the functions that settle it. If nothing awaits the promise, its rejection does not end the
 * process as an unhandled rejection. Code that awaits the promise gets the error.
 */
export function createDeferred<Value>(): Deferred<Value> {
  let settle: Omit<Deferred<Value>, "promise"> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => {});
  return {
    promise,
    resolve: (value) => settle?.resolve(value),
    reject: (error) => settle?.reject(error),
  };
}
