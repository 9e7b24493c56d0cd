/** Exponential backoff for restarted workers and for the leader's tasks. */

/** The longest delay of a backoff, in milliseconds. */
export const MAX_BACKOFF = 30_000;

/** Bounds the exponent: 2 ** 1024 is infinite, and with a first delay of 0 the product would be NaN. */
const MAX_DOUBLINGS = 30;

/**
 * The delay before the next try, in milliseconds.
 *
 * @param first The delay after the first failure, in milliseconds; each further failure in a row doubles it.
 * @param failures How many failures in a row came before the latest failure.
 */
export function backoffDelay(first: number, failures: number): number {
  return Math.min(MAX_BACKOFF, first * 2 ** Math.min(failures, MAX_DOUBLINGS));
}
