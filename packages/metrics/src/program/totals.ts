/** What the primary has of the processes of a program: of those that run, and of those that have ended. */
import { type Family, type FamilyReport, isCumulative, type SeriesReport } from "../series/families.ts";
import { OVERFLOW } from "../series/labels.ts";
import { isAlike } from "../series/merge.ts";
import { MAX_SERIES } from "../series/series-table.ts";

interface StoredFamily {
  readonly family: Family;
  readonly series: Map<string, Float64Array>;
}

/** The last values of the series of one process. Each report has the whole value of a series, so none counts twice. */
export class ProcessValues {
  readonly #families = new Map<string, StoredFamily>();

  /** Takes the values of a report. */
  set(families: Iterable<FamilyReport>): void {
    for (const { series, ...family } of families) {
      const stored = this.#families.get(family.name) ?? { family, series: new Map() };
      this.#families.set(family.name, stored);
      for (const [key, values] of series) stored.series.set(key, values);
    }
  }

  /** The families of the process. */
  families(): FamilyReport[] {
    return [...this.#families.values()].map(({ family, series }) => ({ ...family, series: [...series] }));
  }

  /** The families that still count after the end of the process. */
  cumulative(): FamilyReport[] {
    return this.families().filter(isCumulative);
  }
}

/** How many lines the families of prom-client have at most. Their series cannot share one. */
const MAX_LINES = 20 * MAX_SERIES;

/** What the processes that have ended have counted. */
export class EndedTotals {
  readonly #families = new Map<string, StoredFamily>();

  /** Adds the counts of a process that has ended. */
  add(families: Iterable<FamilyReport>): void {
    for (const { series, ...family } of families) {
      const known = this.#families.get(family.name);
      // With changed buckets, the counts of the former program cannot be added: its total starts again.
      const stored =
        known !== undefined && isAlike(known.family, family) ? known : { family, series: new Map() };
      this.#families.set(family.name, stored);
      for (const [key, values] of series) addTo(stored, key, values);
    }
  }

  /** The totals. */
  families(): FamilyReport[] {
    return [...this.#families.values()].map(({ family, series }) => ({
      ...family,
      series: [...series].map(([key, values]): SeriesReport => [key, values]),
    }));
  }
}

/** Adds values. Each process limits its series, but the labels of each may be others: an address, an id of a user. */
function addTo({ family, series }: StoredFamily, key: string, values: Float64Array): void {
  const isOver = series.size >= (family.isRaw ? MAX_LINES : MAX_SERIES) && !series.has(key);
  if (isOver && family.isRaw) return;
  const name = isOver ? OVERFLOW : key;
  const total = series.get(name);
  if (total === undefined) series.set(name, values.slice());
  else for (const [index, value] of values.entries()) total[index] = (total[index] ?? 0) + value;
}
