/** What the scheduler of `revisions-schedules.test.ts` and its threads share: one cell of memory for each thing to say. */

/** How many threads there are. */
export const THREADS = 3;

/** Changes that each thread makes in a round. */
export const CHANGES = 3;

/** What a thread is doing. */
export const Doing = Object.freeze({ RUNNING: 0, ABOUT_TO_CALL: 1, BETWEEN_ROUNDS: 2 });

/** What a thread is allowed. */
export const Order = Object.freeze({ HALT: 0, MAKE_ONE_CALL: 1, DIE: 2 });

/** What the owner of a record is said to be by those who look at it. */
export const Judgement = Object.freeze({ HONEST: 0, RANDOM: 1 });

/** Cells of the shared memory. */
export const Cell: {
  doing(thread: number): number;
  order(thread: number): number;
  acknowledged(thread: number): number;
  dead(thread: number): number;
  readonly round: number;
  readonly judgement: number;
  readonly size: number;
} = Object.freeze({
  doing: (thread: number) => 4 * thread,
  order: (thread: number) => 4 * thread + 1,
  acknowledged: (thread: number) => 4 * thread + 2,
  dead: (thread: number) => 4 * thread + 3,
  round: 4 * THREADS,
  judgement: 4 * THREADS + 1,
  size: 4 * THREADS + 2,
});

/** Small random numbers that a seed decides (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
