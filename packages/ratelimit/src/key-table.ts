/** The states of keys in a bounded table. Clients choose keys, such as their addresses, so the table needs a bound. */

/** The most keys of one limit in one process. */
export const MAX_KEYS = 100_000;

/** The shortest time between two sweeps of a full table, in milliseconds. */
const SWEEP_PAUSE = 1_000;

/** The states of the keys of one limit. */
export class KeyTable<State> {
  readonly #states = new Map<string, State>();
  readonly #isIdle: (state: State, now: number) => boolean;
  readonly #maxKeys: number;
  /** The size at which the next sweep begins: twice what the last one left, so that sweeps cost O(1) a key. */
  #sweepAt = 1_000;
  #sweptAt = Number.NEGATIVE_INFINITY;

  /** @param isIdle Whether a key is as good as new, so that its state can be forgotten. */
  constructor(isIdle: (state: State, now: number) => boolean, maxKeys: number = MAX_KEYS) {
    this.#isIdle = isIdle;
    this.#maxKeys = maxKeys;
  }

  get(key: string): State | undefined {
    return this.#states.get(key);
  }

  /** Adds the state of a new key. Returns `false` when the table is full of keys in use; it is swept once a second. */
  add(key: string, state: State, now: number): boolean {
    if (this.#states.size >= this.#sweepAt) this.#sweep(now);
    if (this.#states.size >= this.#maxKeys) return false;
    this.#states.set(key, state);
    return true;
  }

  get states(): Iterable<State> {
    return this.#states.values();
  }

  get size(): number {
    return this.#states.size;
  }

  #sweep(now: number): void {
    if (this.#states.size >= this.#maxKeys && now < this.#sweptAt + SWEEP_PAUSE) return;
    this.#sweptAt = now;
    for (const [key, state] of this.#states) if (this.#isIdle(state, now)) this.#states.delete(key);
    this.#sweepAt = Math.min(this.#maxKeys, Math.max(1_000, 2 * this.#states.size));
  }
}
