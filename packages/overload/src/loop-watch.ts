/** Watches how long the turns of the event loop take. */

/** Slowest and fastest a loop is looked at, in milliseconds. */
const SLOWEST = 100;
const FASTEST = 5;

/**
 * Tells whether the event loop is overloaded: two looks in a row came later than the limit. One may be late for a
 * collection of garbage or a single slow handler, and refusing the requests that waited behind it would help nobody; when
 * the next one is late too, more work comes than is done.
 *
 * A look is a timer of a quarter of the limit, 100 ms at most. While turns take longer than that it fires once in each, so
 * that the time between two looks is the length of a turn: what a request waits that comes at its worst moment.
 */
export class LoopWatch {
  /** Whether requests should be refused; read for each of them. */
  isLate = false;
  /** The time between the last two looks, in milliseconds. */
  delay = 0;
  readonly #limit: number;
  #timer: NodeJS.Timeout | undefined;
  #lastLook = 0;
  #wasLate = false;

  /** @param limit In milliseconds; `Infinity` never looks. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  start(): void {
    if (this.#limit === Number.POSITIVE_INFINITY) return;
    this.stop();
    this.#lastLook = performance.now();
    const interval = Math.max(FASTEST, Math.min(SLOWEST, Math.floor(this.#limit / 4)));
    this.#timer = setInterval(() => this.look(performance.now()), interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.isLate = this.#wasLate = false;
  }

  /** @param now On the monotonic clock, in milliseconds. */
  look(now: number): void {
    this.delay = now - this.#lastLook;
    this.#lastLook = now;
    const late = this.delay > this.#limit;
    this.isLate = late && this.#wasLate;
    this.#wasLate = late;
  }
}
