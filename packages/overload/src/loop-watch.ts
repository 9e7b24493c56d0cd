/** Measures how long new requests wait for the event loop, to detect an overloaded process. */

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
 * turn, which is also the longest wait of a new request. When core defers requests to keep turns short, the oldest of
 * these has waited longest.
 */
export class LoopWatch {
  /** Whether requests should be refused. Every request reads this field. */
  isLate = false;
  /** The time between the last two samples, or the wait of the oldest deferred request, in milliseconds. */
  delay = 0;
  readonly #limit: number;
  readonly #load: { readonly wait: number };
  #timer: NodeJS.Timeout | undefined;
  #lastSample = 0;
  #wasLate = false;

  /**
   * @param limit The longest wait that is not late, in milliseconds; with `Infinity`, no sample is taken.
   * @param load Has the wait of the oldest deferred request.
   */
  constructor(limit: number, load: { readonly wait: number }) {
    this.#limit = limit;
    this.#load = load;
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

  /** Takes a sample. @param now The time on the monotonic clock, in milliseconds. */
  sample(now: number): void {
    this.delay = Math.max(now - this.#lastSample, this.#load.wait);
    this.#lastSample = now;
    const late = this.delay > this.#limit;
    this.isLate = late && this.#wasLate;
    this.#wasLate = late;
  }
}
