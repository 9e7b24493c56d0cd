/** Exponential backoff, for restarted workers and for the leader's tasks. */

/** The longest delay, in milliseconds. */
export const MAX_BACKOFF = 30_000;

/** Bounds the power: with a first delay of 0, 2 ** 1024 would make the product not a number. */
const MAX_DOUBLINGS = 30;

/**
 * How long to wait before the next try, in milliseconds.
 *
 * @param first The delay after the first failure; it doubles with every further one.
 * @param failures How many failures in a row came before this one.
 */
export function backoffDelay(first: number, failures: number): number {
  return Math.min(MAX_BACKOFF, first * 2 ** Math.min(failures, MAX_DOUBLINGS));
}
