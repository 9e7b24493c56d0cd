/** Errors that nobody catches, which are what a test is about. */

/** The next error of this process that nobody catches, in place of the failure that it would be. */
export function nextUncaught(): Promise<unknown> {
  return new Promise((resolve) => {
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => {
      for (const other of others) process.on("uncaughtException", other);
      resolve(error);
    });
  });
}
