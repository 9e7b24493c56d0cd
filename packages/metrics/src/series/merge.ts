/** Adds the metrics of processes up. */
import type { Aggregator, Family, FamilyReport } from "./families.ts";

/** A series of the program, and the values of how many processes are in it. */
interface MergedSeries {
  readonly values: Float64Array;
  processes: number;
}

interface MergedFamily {
  readonly family: Family;
  readonly series: Map<string, MergedSeries>;
}

/** Combines two values of a series. */
const COMBINE: Readonly<Record<Aggregator, (one: number, other: number) => number>> = {
  sum: add,
  average: add,
  min: Math.min,
  max: Math.max,
  first: (one) => one,
  omit: (one) => one,
};

/** The metrics of the program, made of those of its processes. */
export class Merged {
  readonly #families = new Map<string, MergedFamily>();

  /**
   * Adds the metrics of a process. A family of which another process has another form, such as other buckets after a
   * reload with changed code, is left out: the values cannot be added.
   */
  add(families: Iterable<FamilyReport>): void {
    for (const { series, ...family } of families) {
      const merged = this.#families.get(family.name) ?? this.#addFamily(family);
      if (family.aggregator !== "omit" && isAlike(merged.family, family))
        for (const [key, values] of series) addSeries(merged, key, values);
    }
  }

  /** The metrics of the program. */
  families(): FamilyReport[] {
    return [...this.#families.values()].map(({ family, series }) => ({
      ...family,
      series: [...series].map(([key, { values, processes }]) => [
        key,
        family.aggregator === "average" ? values.map((value) => value / processes) : values,
      ]),
    }));
  }

  #addFamily(family: Family): MergedFamily {
    const merged: MergedFamily = { family, series: new Map() };
    this.#families.set(family.name, merged);
    return merged;
  }
}

function addSeries({ family, series }: MergedFamily, key: string, values: Float64Array): void {
  const known = series.get(key);
  if (known === undefined) {
    series.set(key, { values: values.slice(), processes: 1 });
    return;
  }
  const combine = COMBINE[family.aggregator];
  known.processes++;
  for (const [index, value] of values.entries())
    known.values[index] = combine(known.values[index] ?? 0, value);
}

/** Whether two processes mean the same family by a name. */
export function isAlike(one: Family, other: Family): boolean {
  return (
    one.kind === other.kind &&
    one.isRaw === other.isRaw &&
    one.aggregator === other.aggregator &&
    one.bounds?.join() === other.bounds?.join()
  );
}

function add(one: number, other: number): number {
  return one + other;
}
