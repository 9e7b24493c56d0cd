/** Errors of the user's code that is called in the midst of somebody else's work, which has to go on. */

const { nextTick } = process;

/** Throws an error where nobody is to catch it, as one in a listener that Node calls. */
export function throwLater(error: unknown): void {
  nextTick(rethrow, error);
}

function rethrow(error: unknown): void {
  throw error;
}
