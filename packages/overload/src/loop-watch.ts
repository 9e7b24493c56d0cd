/** Measures how long the turns of the event loop take, to detect an overloaded process. */

/** The longest and the shortest interval between two samples, in milliseconds. */
const MAX_INTERVAL = 100;
const MIN_INTERVAL = 5;

/**
 * Decides whether the event loop is overloaded: two samples in a row were later than the limit. A single late sample
 * can be a garbage collection or one slow handler; refusing the requests that waited for it would help no client. When
 * the next sample is late, too, work arrives faster than it is done.
 *
 * A timer with a quarter of the limit as interval, at most 100 ms, takes the samples. While a turn of the loop takes
 * longer than the interval, the timer fires once in each turn. The time between two samples is then the length of a
 * turn, which is also the longest wait of a new request.
 */
export class LoopWatch {
  /** Whether requests should be refused. Every request reads this field. */
  isLate = false;
  /** The time between the last two samples, in milliseconds. */
  delay = 0;
  readonly #limit: number;
  #timer: NodeJS.Timeout | undefined;
  #lastSample = 0;
  #wasLate = false;

  /** @param limit The longest turn that is not late, in milliseconds; with `Infinity`, no sample is taken. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  start(): void {
    if (this.#limit === Number.POSITIVE_INFINITY) return;
    this.stop();
    this.#lastSample = performance.now();
    const interval = Math.max(MIN_INTERVAL, Math.min(MAX_INTERVAL, Math.floor(this.#limit / 4)));
    this.#timer = setInterval(() => this.sample(performance.now()), interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.isLate = this.#wasLate = false;
  }

  /** Measures the time since the last sample. @param now The time on the monotonic clock, in milliseconds. */
  sample(now: number): void {
    this.delay = now - this.#lastSample;
    this.#lastSample = now;
    const late = this.delay > this.#limit;
    this.isLate = late && this.#wasLate;
    this.#wasLate = late;
  }
}
