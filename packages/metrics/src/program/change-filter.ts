import type { FamilyReport, SeriesReport } from "../series/families.ts";

/** Picks the series whose values have changed since they were sent: an idle worker sends nearly nothing. */
export class ChangeFilter {
  readonly #sent = new Map<string, Map<string, Float64Array>>();

  /** The families with the series that have changed, their values as copies. */
  pick(families: readonly FamilyReport[]): FamilyReport[] {
    return families.flatMap((family) => {
      const sent = this.#sent.get(family.name);
      const series = family.series
        .filter(([key, values]) => !isEqual(values, sent?.get(key)))
        .map(([key, values]): SeriesReport => [key, values.slice()]);
      return series.length === 0 ? [] : [{ ...family, series }];
    });
  }

  /** Records that the result of {@link pick} has been sent. */
  commit(families: readonly FamilyReport[]): void {
    for (const { name, series } of families) {
      const sent = this.#sent.get(name) ?? new Map();
      this.#sent.set(name, sent);
      for (const [key, values] of series) sent.set(key, values);
    }
  }
}

function isEqual(values: Float64Array, sent: Float64Array | undefined): boolean {
  return sent !== undefined && values.every((value, index) => Object.is(value, sent[index]));
}
