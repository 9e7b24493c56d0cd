/** Counts the connections that a worker has closed: what it was handed, less these, is its load. */

/** Closed connections are reported together, this many milliseconds after the first one. */
const REPORT_AFTER = 5;

/** The count, and when the primary hears of it. */
export class ClosedCount {
  /** So far. */
  total = 0;
  readonly #report: (total: number) => void;
  #reporting = false;

  constructor(report: (total: number) => void) {
    this.#report = report;
  }

  /** One more connection is closed. */
  add(): void {
    this.total += 1;
    if (this.#reporting) return;
    this.#reporting = true;
    const report = (): void => {
      this.#reporting = false;
      this.#report(this.total);
    };
    setTimeout(report, REPORT_AFTER).unref();
  }
}
