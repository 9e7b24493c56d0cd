/** A time limit around a promise. */

/**
 * Waits for a promise, but no longer than a time in milliseconds. Then the result is that of `onTimeout`, or its error. A
 * rejection after the limit is ignored.
 */
export async function withDeadline<Value, Late>(
  promise: Promise<Value>,
  limit: number,
  onTimeout: () => Late,
): Promise<Value | Late> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  try {
    return await Promise.race([promise, timeout.then(onTimeout)]);
  } finally {
    clearTimeout(timer);
  }
}
