/** The memory that the scheduler of `revisions-schedules.test.ts` shares with its threads: one cell for each state. */

/** Number of threads. */
export const THREADS = 3;

/** Number of changes that each thread makes in a round. */
export const CHANGES = 3;

/** The states of a thread. */
export const ThreadState = Object.freeze({ RUNNING: 0, ABOUT_TO_CALL: 1, BETWEEN_ROUNDS: 2 });

/** The orders of the scheduler to a thread. */
export const Order = Object.freeze({ HALT: 0, MAKE_ONE_CALL: 1, DIE: 2 });

/** How a thread determines the state of a record's owner: correctly, or at random. */
export const OwnerStates = Object.freeze({ CORRECT: 0, RANDOM: 1 });

/** The indexes of the cells in the shared memory. */
export const Cell: {
  state(thread: number): number;
  order(thread: number): number;
  acknowledged(thread: number): number;
  dead(thread: number): number;
  readonly round: number;
  readonly ownerStates: number;
  readonly size: number;
} = Object.freeze({
  state: (thread: number) => 4 * thread,
  order: (thread: number) => 4 * thread + 1,
  acknowledged: (thread: number) => 4 * thread + 2,
  dead: (thread: number) => 4 * thread + 3,
  round: 4 * THREADS,
  ownerStates: 4 * THREADS + 1,
  size: 4 * THREADS + 2,
});

/** Creates a generator of random numbers below 1, which the seed determines (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
