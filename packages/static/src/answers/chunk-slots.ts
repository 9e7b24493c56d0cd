/**
 * Bounds how many chunks of files are between the start of their read and their write. Without a bound, thousands of
 * downloads read at the same time: the threads that read take the processor from the event loop, and hundreds of chunks
 * wait in memory for their turn to be written.
 */

/** As many as libuv has threads for reads. */
const SLOTS = 4;

/** Gives out slots. A chunk holds a slot from before its read to the call that writes it. */
export class ChunkSlots {
  #free = SLOTS;
  readonly #waiting: (() => void)[] = [];

  /** Takes a slot. Returns a promise if none is free: it resolves when the slot is taken, in the order of the calls. */
  take(): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** Returns a slot. It goes to the chunk that has waited longest. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/** The slots of this process: one object, because a process has one event loop. */
export const chunkSlots: ChunkSlots = new ChunkSlots();
