/** A list of single metrics that are read from the process, not counted. */
import type { Aggregator, Family, FamilyReport, Kind, SeriesReport } from "./families.ts";
import { labelText } from "./labels.ts";

/** A value with its labels. */
export type Reading = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Makes the report of a family whose values have just been read. */
export function reading(
  kind: Exclude<Kind, "histogram">,
  name: string,
  help: string,
  readings: readonly Reading[],
  aggregator: Aggregator = "sum",
): FamilyReport {
  const family: Family = { name, help, kind, aggregator, bounds: null, isRaw: false };
  const series = readings.map(
    ([labels, value]): SeriesReport => [
      labelText(Object.keys(labels), Object.values(labels)),
      Float64Array.of(value),
    ],
  );
  return { ...family, series };
}
