/**
 * When a worker that died is replaced. A worker that was well is replaced at once. One that died before it was
 * ready, or within a second of it, waits: each slot doubles its own delay, while the deaths of all slots count
 * together for giving up. One that was ready, and that somebody killed, says nothing against the application: it waits
 * as well, because killing may go on, but never long, and it does not count.
 */

import { backoffDelay } from "../process/backoff.ts";

/** The settings that matter here; milliseconds. */
export interface RestartLimits {
  readonly restartBackoff: number;
  readonly maxRestarts: number;
  readonly restartWindow: number;
}

/** How long to wait, or that no more workers are started. */
export type Verdict =
  | { readonly giveUp: false; readonly delay: number }
  | { readonly giveUp: true; readonly deaths: number; readonly first: string };

/** A worker counts as well once it was ready for this long, in milliseconds. */
export const WELL_AFTER = 1_000;

/** The longest delay after a kill, in times of the first one. */
const LONGEST_AFTER_KILL = 4;

interface EarlyDeath {
  readonly at: number;
  readonly story: string;
}

/** Remembers early deaths. `now` is in milliseconds and never steps back; `random` is uniform from 0 to 1. */
export class RestartPolicy {
  readonly #limits: RestartLimits;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #streaks = new Map<number, number>();
  #deaths: EarlyDeath[] = [];

  constructor(
    limits: RestartLimits,
    now: () => number = () => performance.now(),
    random: () => number = Math.random,
  ) {
    this.#limits = limits;
    this.#now = now;
    this.#random = random;
  }

  /** A worker of the slot died after it had been ready for at least {@link WELL_AFTER}. */
  diedWell(slot: number): Verdict {
    this.#streaks.delete(slot);
    return { giveUp: false, delay: 0 };
  }

  /** A worker of the slot was killed, early, but ready. */
  killed(slot: number): Verdict {
    const delay = this.#limits.restartBackoff * Math.min(2 ** this.#lengthen(slot), LONGEST_AFTER_KILL);
    return { giveUp: false, delay: this.#jitter(delay) };
  }

  /** A worker of the slot died early; `story` is what it said last. */
  diedEarly(slot: number, story: string): Verdict {
    this.#forgetOld();
    this.#deaths.push({ at: this.#now(), story });
    const [first] = this.#deaths;
    if (first !== undefined && this.#deaths.length >= this.#most()) {
      return { giveUp: true, deaths: this.#deaths.length, first: first.story };
    }
    const delay = backoffDelay(this.#limits.restartBackoff, this.#lengthen(slot));
    return { giveUp: false, delay: this.#jitter(delay) };
  }

  /**
   * How many workers may be on trial while not one is ready: if they all died, giving up must come before more are
   * forked than `maxRestarts`.
   */
  get trials(): number {
    this.#forgetOld();
    return Math.max(1, this.#most() - this.#deaths.length);
  }

  /** Gives the length of the slot's streak of early deaths so far. */
  #lengthen(slot: number): number {
    const streak = this.#streaks.get(slot) ?? 0;
    this.#streaks.set(slot, streak + 1);
    return streak;
  }

  /** Between three quarters of it and all of it, so that slots that died together do not fork together. */
  #jitter(delay: number): number {
    return Math.round(delay * (0.75 + this.#random() / 4));
  }

  #most(): number {
    return Math.max(1, this.#limits.maxRestarts);
  }

  #forgetOld(): void {
    const since = this.#now() - this.#limits.restartWindow;
    this.#deaths = this.#deaths.filter((death) => death.at > since);
  }
}
