import { Instrument, type Labels, splitArguments } from "./instrument.ts";

/** A number that only grows. It counts in all processes together, also what ended workers have counted. */
export class Counter<Label extends string = never> extends Instrument<Label> {
  /**
   * Adds to the counter: `inc()`, `inc(5)`, `inc({ kind: "book" })`, `inc({ kind: "book" }, 5)`.
   *
   * @throws PKT_METRICS_VALUE for an amount that is negative or not finite; PKT_METRICS_LABEL for an unknown label
   */
  inc(by?: number): void;
  inc(labels: Labels<Label>, by?: number): void;
  inc(first?: Labels<Label> | number, second?: number): void {
    const [labels, by] = splitArguments(first, second, 1);
    add(this.find(labels), this.#amount(by));
  }

  /**
   * Finds the series of some labels once, for code that counts often: one addition at each call.
   *
   * @throws PKT_METRICS_LABEL for an unknown label
   * @example
   * const hits = server.metrics.counter({ name: "cache_total", help: "Look-ups.", labels: ["result"] }).labels({ result: "hit" });
   * hits.inc();
   */
  labels(labels: Labels<Label>): { inc(by?: number): void } {
    const values = this.find(labels);
    return { inc: (by = 1) => add(values, this.#amount(by)) };
  }

  #amount(by: number): number {
    if (typeof by === "number" && by >= 0 && by < Number.POSITIVE_INFINITY) return by;
    throw this.wrong(by, "finite amounts of 0 or more");
  }
}

function add(values: Float64Array, by: number): void {
  values[0] = (values[0] ?? 0) + by;
}
