/** Counts the connections that a worker has closed: what it was handed, less these, is its load. */

/** Closed connections are reported together, this many milliseconds after the first one. */
const REPORT_AFTER = 5;

/** The count, and when the primary hears of it. */
export class ClosedCount {
  /** So far. */
  total = 0;
  readonly #report: (total: number) => void;
  #reporting = false;
  #told = 0;

  constructor(report: (total: number) => void) {
    this.#report = report;
  }

  /** The count, for a message that takes it along. */
  tell(): number {
    this.#told = this.total;
    return this.total;
  }

  /** One more connection is closed. */
  add(): void {
    this.total += 1;
    if (this.#reporting) return;
    this.#reporting = true;
    const report = (): void => {
      this.#reporting = false;
      if (this.#told !== this.total) this.#report(this.tell());
    };
    setTimeout(report, REPORT_AFTER).unref();
  }
}
