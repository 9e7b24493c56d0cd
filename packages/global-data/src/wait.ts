/** One wait for a revision: how long it lasts, and when the owner of a record may be passed. */
import { globalDataError } from "./errors.ts";
import { type Owners, pidOf } from "./owner.ts";
import { delayBefore, pause } from "./pause.ts";

/** Milliseconds. */
export interface Patience {
  /** Until the wait ends with an error. */
  readonly lock: number;
  /** Until an owner that holds things up is looked at, and between two looks: a change takes much less. */
  readonly look: number;
  /** Until the revision of an owner of which nothing can be known is taken over. */
  readonly unknown: number;
  /** Longest sleep between two tries. */
  readonly nap: number;
}

/** The delays of every day. */
export const PATIENCE: Patience = Object.freeze({ lock: 5_000, look: 5, unknown: 900, nap: 2 });

/** Counts on the clock that nobody sets, from the first call on. */
export class Wait {
  readonly #owners: Owners;
  readonly #patience: Patience;
  readonly #started = performance.now();
  #attempt = 0;
  #record = "";
  #since = 0;
  #nextLook = 0;

  constructor(owners: Owners, patience: Patience) {
    this.#owners = owners;
    this.#patience = patience;
  }

  /** Whether the revision of a record's owner may be taken over. */
  isOver(record: string): boolean {
    const now = performance.now();
    if (record !== this.#record) {
      this.#record = record;
      this.#since = now;
      this.#nextLook = now + this.#patience.look;
    }
    if (now < this.#nextLook) return false;
    this.#nextLook = now + this.#patience.look;
    const state = this.#owners.judge(record);
    return state === "dead" || (state === "unknown" && now - this.#since >= this.#patience.unknown);
  }

  /**
   * Sleeps a little.
   *
   * @throws PKT_GLOBAL_DATA_LOCKED when the patience is at its end
   */
  pause(holder: string): void {
    const waited = performance.now() - this.#started;
    if (waited >= this.#patience.lock)
      throw globalDataError("PKT_GLOBAL_DATA_LOCKED", { waited: Math.round(waited), owner: pidOf(holder) });
    pause(delayBefore(this.#attempt++, this.#patience.nap));
  }
}
