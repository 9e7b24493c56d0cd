import { type FamilyReport, isCumulative } from "../series/families.ts";
import { isAlike } from "../series/merge.ts";

/**
 * Keeps totals from falling. Fractions that are added in another order, as when a process ends, differ in their last
 * digit, and Prometheus takes each fall of a counter for a restart: its whole value would count again.
 */
export class Floor {
  #last = new Map<
    string,
    { readonly family: FamilyReport; readonly series: ReadonlyMap<string, Float64Array> }
  >();

  /** Raises each total that is less than it was to what it was. Changes the values in place. */
  raise(families: readonly FamilyReport[]): void {
    const totals = families.filter(isCumulative);
    for (const family of totals) {
      const last = this.#last.get(family.name);
      // With other buckets, which a reload can bring, the totals are others, too.
      if (last === undefined || !isAlike(last.family, family)) continue;
      for (const [key, values] of family.series) raiseTo(values, last.series.get(key));
    }
    this.#last = new Map(totals.map((family) => [family.name, { family, series: new Map(family.series) }]));
  }
}

function raiseTo(values: Float64Array, last: Float64Array | undefined): void {
  for (const [index, value] of last?.entries() ?? []) values[index] = Math.max(values[index] ?? 0, value);
}
