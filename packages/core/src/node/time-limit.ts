/** A time limit around a promise. */

/** The longest delay of Node's timers; a longer one fires after a millisecond. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * Waits for a promise, but no longer than a time limit. The work of the promise continues after the limit; a rejection
 * after the limit is ignored. The timer keeps the process alive until the promise is settled or the limit is over.
 *
 * @param limit In milliseconds, 0 or more; a limit above 2^31 - 1 counts as 2^31 - 1.
 * @param onTimeout Called if the limit is over before the promise is settled. The result of `onTimeout`, or the error
 *   that it throws, then replaces the result of the promise.
 * @example
 * const stopped = await withTimeLimit(server.stop().then(() => true), 5_000, () => false);
 */
export async function withTimeLimit<Value, Late>(
  promise: Promise<Value>,
  limit: number,
  onTimeout: () => Late,
): Promise<Value | Late> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(limit, MAX_DELAY));
  });
  try {
    return await Promise.race([promise, timeout.then(onTimeout)]);
  } finally {
    clearTimeout(timer);
  }
}
