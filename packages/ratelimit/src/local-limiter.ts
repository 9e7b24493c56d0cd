/**
 * Limits in this process alone, by the generic cell rate algorithm (GCRA): each key has a theoretical arrival time (TAT),
 * which each unit moves on by `window / limit`. A request is refused while the TAT is more than the burst ahead.
 */
import { KeyTable } from "./key-table.ts";
import type { Clock, KeyState, Limiter, Policy } from "./state.ts";

interface LocalState extends KeyState {
  /** By the clock of the limiter. */
  tat: number;
}

/** What a {@link LocalLimiter} is made of. */
export interface LocalLimiterOptions {
  readonly clock: Clock;
  /** The limit now. It may change, such as with the number of processes that share it. */
  readonly policy: () => Policy;
  /** Whether a new key may spend the whole burst, or only as much as one request costs. */
  readonly startsFull: boolean;
}

/** Counts in this process. */
export class LocalLimiter implements Limiter {
  readonly #clock: Clock;
  readonly #policy: () => Policy;
  readonly #startsFull: boolean;
  readonly #keys = new KeyTable<LocalState>((state, now) => state.tat <= now);

  constructor({ clock, policy, startsFull }: LocalLimiterOptions) {
    this.#clock = clock;
    this.#policy = policy;
    this.#startsFull = startsFull;
  }

  take(key: string): KeyState {
    const now = this.#clock.now();
    const { limit, window, burst, cost } = this.#policy();
    const unit = window / limit;
    let state = this.#keys.get(key);
    if (state === undefined) {
      state = { passes: false, remaining: 0, resetAt: now, retryAt: now + 1_000, tat: now };
      if (!this.#startsFull) state.tat = now + (burst - cost) * unit;
      if (!this.#keys.add(key, state, now)) return state; // a full table refuses new keys for a second
    }
    const tat = Math.max(state.tat, now) + cost * unit;
    const ahead = tat - now - burst * unit;
    // A millionth of a unit: sums of fractions are not exact.
    state.passes = ahead <= unit / 1_000_000;
    if (state.passes) state.tat = tat;
    state.resetAt = Math.max(state.tat, now);
    state.retryAt = state.passes ? now : now + ahead;
    state.remaining = Math.max(0, Math.floor(burst - (state.resetAt - now) / unit + 1e-6));
    return state;
  }
}
