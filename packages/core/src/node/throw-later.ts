/**
 * Throws errors later: core calls user code in the middle of work that has to be completed, even if the user code
 * throws.
 */

const { nextTick } = process;

/** Throws an error in the next tick. It becomes an uncaught exception, as an error in a listener that Node calls does. */
export function throwLater(error: unknown): void {
  nextTick(rethrow, error);
}

function rethrow(error: unknown): void {
  throw error;
}
