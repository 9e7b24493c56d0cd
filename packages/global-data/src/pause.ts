/** Blocks the thread while it waits, because the methods of global data are synchronous. */

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread for `milliseconds`. */
export function pause(milliseconds: number): void {
  Atomics.wait(cell, 0, 0, milliseconds);
}

/**
 * Returns how many milliseconds to sleep before the next attempt to get a lock: 0.05 ms at first, which is less than
 * a change takes, then longer, up to `longest`. The result is random between half and all of that, so that waiting
 * processes do not try again all at once.
 */
export function delayBefore(attempt: number, longest: number): number {
  return Math.min(longest, 0.05 * 1.5 ** attempt) * (0.5 + Math.random() / 2);
}
