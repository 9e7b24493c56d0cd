/** Waiting without giving the thread away, as the synchronous calls of the original ask for. */

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps; nothing else runs in this thread meanwhile. */
export function pause(milliseconds: number): void {
  Atomics.wait(cell, 0, 0, milliseconds);
}

/**
 * How long to sleep before the next look at a lock: 0.05 ms at first, less than a change takes, then longer; between half
 * and all of it, so that those who wait do not come back all at once.
 */
export function delayBefore(attempt: number, longest: number): number {
  return Math.min(longest, 0.05 * 1.5 ** attempt) * (0.5 + Math.random() / 2);
}
