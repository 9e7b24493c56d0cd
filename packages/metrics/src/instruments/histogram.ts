import type { SeriesTable } from "../series/series-table.ts";
import { Instrument, type Labels } from "./instrument.ts";

/** Counts values in buckets, such as durations or sizes, in all processes together. */
export class Histogram<Label extends string = never> extends Instrument<Label> {
  readonly #bounds: readonly number[];

  /** @internal */
  constructor(table: SeriesTable) {
    super(table);
    this.#bounds = table.family.bounds ?? [];
  }

  /**
   * Counts a value: `observe(0.2)`, `observe({ step: "parse" }, 0.2)`.
   *
   * @throws PKT_METRICS_VALUE for a value that is not a finite number; PKT_METRICS_LABEL for an unknown label
   */
  observe(value: number): void;
  observe(labels: Labels<Label>, value: number): void;
  observe(first: Labels<Label> | number, second?: number): void {
    const value = typeof first === "number" ? first : second;
    if (value === undefined || !Number.isFinite(value)) throw this.wrong(value, "finite numbers");
    observe(this.find(typeof first === "number" ? undefined : first), this.#bounds, value);
  }

  /**
   * Starts to measure. The function that it returns counts the seconds since then, and returns them.
   *
   * @param labels Labels that are known at the start; those of the end are added.
   * @example
   * const end = queries.startTimer({ table: "orders" });
   * await database.query(sql);
   * end();
   */
  startTimer(labels?: Labels<Label>): (labels?: Labels<Label>) => number {
    const startedAt = performance.now();
    return (further) => {
      const seconds = (performance.now() - startedAt) / 1_000;
      observe(this.find(further === undefined ? labels : { ...labels, ...further }), this.#bounds, seconds);
      return seconds;
    };
  }

  /**
   * Finds the series of some labels once, for code that observes often.
   *
   * @throws PKT_METRICS_LABEL for an unknown label
   */
  labels(labels: Labels<Label>): { observe(value: number): void } {
    const values = this.find(labels);
    return {
      observe: (value) => {
        if (!Number.isFinite(value)) throw this.wrong(value, "finite numbers");
        observe(values, this.#bounds, value);
      },
    };
  }
}

/** Counts a value in its bucket, and adds it to the sum: two writes to an array. */
export function observe(values: Float64Array, bounds: readonly number[], value: number): void {
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
  values[bucket] = (values[bucket] ?? 0) + 1;
  const sum = bounds.length + 1;
  values[sum] = (values[sum] ?? 0) + value;
}
