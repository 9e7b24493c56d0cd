/** The series of one family in this process. */
import type { Family, FamilyReport, SeriesReport } from "./families.ts";
import { labelText, OVERFLOW } from "./labels.ts";

/** How many series a family has at most in a process. Further label values share one series. */
export const MAX_SERIES = 5_000;

/** Finds or makes the series of label values. */
export class SeriesTable {
  readonly family: Family;
  readonly labels: readonly string[];
  readonly #series = new Map<string, SeriesReport>();
  readonly #size: number;
  /** The series that further label values share; `null` below the limit. */
  #overflow: SeriesReport | null = null;
  readonly #onLimit: (family: Family) => void;

  /** @param onLimit Called once, when further label values share a series. */
  constructor(family: Family, labels: readonly string[], onLimit: (family: Family) => void) {
    this.family = family;
    this.labels = labels;
    this.#size = family.bounds === null ? 1 : family.bounds.length + 2;
    this.#onLimit = onLimit;
    if (labels.length === 0) this.of([]);
  }

  /** The values of a series, which the caller changes in place. */
  of(labelValues: readonly string[]): Float64Array {
    const name = labelValues.join("\0");
    return (this.#series.get(name) ?? this.#add(name, labelValues))[1];
  }

  /** Sets each series to 0. */
  clear(): void {
    for (const [, values] of this.#all) values.fill(0);
  }

  /** The family with all of its series. The values are those that the owner changes, not copies. */
  read(): FamilyReport {
    return { ...this.family, series: this.#all };
  }

  get #all(): readonly SeriesReport[] {
    const series = [...this.#series.values()];
    return this.#overflow === null ? series : [...series, this.#overflow];
  }

  #add(name: string, labelValues: readonly string[]): SeriesReport {
    const key = labelText(this.labels, labelValues);
    const isOver = this.#series.size >= MAX_SERIES;
    if (isOver && this.#overflow === null) this.#onLimit(this.family);
    const series: SeriesReport = this.#overflow ?? [isOver ? OVERFLOW : key, new Float64Array(this.#size)];
    if (isOver) this.#overflow = series;
    else this.#series.set(name, series);
    return series;
  }
}
