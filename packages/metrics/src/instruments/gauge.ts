import { Instrument, type Labels, splitArguments } from "./instrument.ts";

/** A number that rises and falls. What an ended process had set is dropped. */
export class Gauge<Label extends string = never> extends Instrument<Label> {
  /**
   * Sets the gauge: `set(3)`, `set({ queue: "mail" }, 3)`.
   *
   * @throws PKT_METRICS_VALUE for a value that is not a number; PKT_METRICS_LABEL for an unknown label
   */
  set(value: number): void;
  set(labels: Labels<Label>, value: number): void;
  set(first: Labels<Label> | number, second?: number): void {
    const [labels, value] = splitArguments(first, second, Number.NaN);
    if (typeof value !== "number" || (second === undefined && typeof first !== "number"))
      throw this.wrong(second, "numbers");
    this.find(labels)[0] = value;
  }

  /** Adds 1, or an amount, as `inc()` of a counter does. The amount may be negative. */
  inc(by?: number): void;
  inc(labels: Labels<Label>, by?: number): void;
  inc(first?: Labels<Label> | number, second?: number): void {
    const [labels, by] = splitArguments(first, second, 1);
    this.#add(labels, by);
  }

  /** Subtracts 1, or an amount. */
  dec(by?: number): void;
  dec(labels: Labels<Label>, by?: number): void;
  dec(first?: Labels<Label> | number, second?: number): void {
    const [labels, by] = splitArguments(first, second, 1);
    this.#add(labels, -by);
  }

  /** Sets the gauge to the seconds since 1970. */
  setToCurrentTime(labels?: Labels<Label>): void {
    this.find(labels)[0] = Date.now() / 1_000;
  }

  #add(labels: Labels<Label> | undefined, by: number): void {
    if (!Number.isFinite(by)) throw this.wrong(by, "finite amounts");
    const values = this.find(labels);
    values[0] = (values[0] ?? 0) + by;
  }
}
