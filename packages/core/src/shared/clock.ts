/** A monotonic clock in whole microseconds. Only its differences have a meaning. */
export type Clock = () => number;

/** One second of a {@link Clock}. */
export const SECOND = 1_000_000;

/** The clock of this process. */
export function processClock(): number {
  return Math.floor(performance.now() * 1_000);
}
