/** Waits for the lock of global data, and decides when the lock of another process may be taken over. */
import { globalDataError } from "./errors.ts";
import { type Owners, pidOf } from "./owner.ts";
import { delayBefore, pause } from "./pause.ts";

/** Delays of a {@link Wait}, in milliseconds. */
export interface Delays {
  /** Time until the wait ends with an error. */
  readonly lockTimeout: number;
  /** Time until the first check whether the lock's owner is alive, and between checks. A change takes much less. */
  readonly checkInterval: number;
  /** Time until a lock is taken over whose owner cannot be seen, because it runs in another container. */
  readonly unknownOwner: number;
  /** Longest sleep between two attempts. */
  readonly maxSleep: number;
}

/** The default delays. */
export const DELAYS: Delays = Object.freeze({
  lockTimeout: 5_000,
  checkInterval: 5,
  unknownOwner: 900,
  maxSleep: 2,
});

/** One wait for the lock. The time is counted from the constructor on, with a clock that is never set back. */
export class Wait {
  readonly #owners: Owners;
  readonly #delays: Delays;
  readonly #started = performance.now();
  #attempt = 0;
  #record = "";
  #since = 0;
  #nextCheck = 0;

  constructor(owners: Owners, delays: Delays) {
    this.#owners = owners;
    this.#delays = delays;
  }

  /** Whether this process may take over the lock of the process that `record` identifies. */
  mayTakeOver(record: string): boolean {
    const now = performance.now();
    if (record !== this.#record) {
      this.#record = record;
      this.#since = now;
      this.#nextCheck = now + this.#delays.checkInterval;
    }
    if (now < this.#nextCheck) return false;
    this.#nextCheck = now + this.#delays.checkInterval;
    const state = this.#owners.stateOf(record);
    return state === "dead" || (state === "unknown" && now - this.#since >= this.#delays.unknownOwner);
  }

  /**
   * Blocks the thread for a short time.
   *
   * @throws PKT_GLOBAL_DATA_LOCKED when `lockTimeout` is over
   */
  pause(holder: string): void {
    const waited = performance.now() - this.#started;
    if (waited >= this.#delays.lockTimeout)
      throw globalDataError("PKT_GLOBAL_DATA_LOCKED", { waited: Math.round(waited), owner: pidOf(holder) });
    pause(delayBefore(this.#attempt++, this.#delays.maxSleep));
  }
}
