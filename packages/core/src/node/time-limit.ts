/** A time limit around a promise. */

/** The longest delay of Node's timers; a longer one fires after a millisecond. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * Waits for a promise, but no longer than a time limit. The promise itself goes on after the limit; if it rejects then,
 * nothing is reported. The timer keeps the process alive until either has happened.
 *
 * @param limit In milliseconds, from 0; limits above 2^31 - 1 count as that.
 * @param onTimeout Called when the limit is over first. Its result, or the error that it throws, takes the place of the
 *   promise's.
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
