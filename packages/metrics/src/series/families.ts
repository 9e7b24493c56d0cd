/** Families of metrics and their series, as processes report them to each other. */

/** The kinds of families in the text formats of Prometheus. */
export type Kind = "counter" | "gauge" | "histogram" | "summary" | "untyped";

/** How the values of several processes become one; the names are those of prom-client. */
export type Aggregator = "sum" | "min" | "max" | "average" | "first" | "omit";

/** A family: one name with its help, and how its values are read. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly aggregator: Aggregator;
  /** The upper bounds of the buckets of a histogram, ascending, without infinity; `null` for other families. */
  readonly bounds: readonly number[] | null;
  /**
   * Whether each series is one line of the text, and its key begins with the name of that line. So are the families of
   * prom-client, whose histograms have three names.
   */
  readonly isRaw: boolean;
}

/**
 * One series: its labels as text, such as `method="GET",route="/"`, and its values. A histogram has the count of each
 * bucket, the count above all bounds, and the sum. Any other family has one value.
 */
export type SeriesReport = readonly [key: string, values: Float64Array];

/** A family with series, of one process or of the whole program. */
export interface FamilyReport extends Family {
  readonly series: readonly SeriesReport[];
}

/** Whether the values of a family only grow, so that those of an ended process still count. */
export function isCumulative({ kind, aggregator }: Family): boolean {
  return aggregator === "sum" && (kind === "counter" || kind === "histogram" || kind === "summary");
}
