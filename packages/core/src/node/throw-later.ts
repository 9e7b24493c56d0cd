/**
 * Throws errors of user code later. Core calls user code in the middle of work that must be completed even if the user
 * code throws.
 */

const { nextTick } = process;

/** Throws an error in the next tick, as an uncaught exception, like an error thrown by a listener that Node calls. */
export function throwLater(error: unknown): void {
  nextTick(rethrow, error);
}

function rethrow(error: unknown): void {
  throw error;
}
