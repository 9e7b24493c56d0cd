/** `server.metrics`: the metrics of the program itself. */
import { fromCaller } from "@packetron/core/capability";
import { metricsError } from "../errors.ts";
import type { Family, FamilyReport } from "../series/families.ts";
import { SeriesTable } from "../series/series-table.ts";
import { Counter } from "./counter.ts";
import { Gauge } from "./gauge.ts";
import { Histogram } from "./histogram.ts";
import {
  type GaugeOptions,
  type HistogramOptions,
  type MetricOptions,
  type MetricSettings,
  readMetricOptions,
} from "./metric-options.ts";

/** The kinds of metrics that a program can make. */
type OwnKind = "counter" | "gauge" | "histogram";

interface Made {
  readonly table: SeriesTable;
  readonly collect: (() => void) | null;
}

/** Makes the metrics of a program, and keeps their values in this process. */
export class ServerMetrics {
  readonly #made = new Map<string, Made>();
  readonly #buckets: readonly number[];
  readonly #onLimit: (family: Family) => void;

  /**
   * @param buckets The bounds of histograms without bounds of their own.
   * @param onLimit Called when a metric gets more label values than it can have. @internal
   */
  constructor(buckets: readonly number[], onLimit: (family: Family) => void) {
    this.#buckets = buckets;
    this.#onLimit = onLimit;
  }

  /**
   * Makes a counter, or returns the one that has this name already.
   *
   * @throws PKT_METRICS_NAME for a name that Prometheus refuses; PKT_METRICS_CONFLICT when another kind of metric, or one
   *   with other labels, has the name; PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
   * @example
   * const orders = server.metrics.counter({ name: "orders_total", help: "Orders.", labels: ["kind"] });
   * orders.inc({ kind: "book" });
   */
  counter<const Label extends string = never>(options: MetricOptions<Label>): Counter<Label> {
    return fromCaller(this.counter, () => new Counter<Label>(this.#table("counter", options)));
  }

  /**
   * Makes a gauge, or returns the one that has this name already.
   *
   * @throws As {@link counter}
   * @example
   * server.metrics.gauge({ name: "queue_jobs", help: "Waiting jobs.", collect: () => jobs.set(queue.length) });
   */
  gauge<const Label extends string = never>(options: GaugeOptions<Label>): Gauge<Label> {
    return fromCaller(this.gauge, () => new Gauge<Label>(this.#table("gauge", options)));
  }

  /**
   * Makes a histogram, or returns the one that has this name already.
   *
   * @throws As {@link counter}
   * @example
   * const queries = server.metrics.histogram({ name: "query_seconds", help: "Queries.", buckets: [0.01, 0.1, 1] });
   * queries.observe(0.03);
   */
  histogram<const Label extends string = never>(options: HistogramOptions<Label>): Histogram<Label> {
    return fromCaller(this.histogram, () => new Histogram<Label>(this.#table("histogram", options)));
  }

  /** Runs the functions `collect` of gauges. @internal */
  collect(): void {
    for (const { collect } of this.#made.values()) collect?.();
  }

  /** The metrics with their values in this process. @internal */
  read(): readonly FamilyReport[] {
    return [...this.#made.values()].map(({ table }) => table.read());
  }

  /** Finds or makes the series of a metric. The object that a program gets only refers to them. */
  #table(kind: OwnKind, options: unknown): SeriesTable {
    const settings = readMetricOptions(kind, options);
    const { name, labels, collect } = settings;
    const family = this.#familyOf(kind, settings);
    const known = this.#made.get(name)?.table;
    if (known === undefined) {
      const table = new SeriesTable(family, labels, this.#onLimit);
      this.#made.set(name, { table, collect });
      return table;
    }
    const [first, second] = [describe(known.family, known.labels), describe(family, labels)];
    if (first !== second) throw metricsError("PKT_METRICS_CONFLICT", { name, first, second });
    return known;
  }

  #familyOf(kind: OwnKind, { name, help, aggregator, buckets }: MetricSettings): Family {
    const bounds = kind === "histogram" ? (buckets ?? this.#buckets) : null;
    return { name, help, kind, aggregator, bounds, isRaw: false };
  }
}

function describe({ kind, aggregator, bounds }: Family, labels: readonly string[]): string {
  const parts = [
    labels.length === 0 ? "without labels" : `with the labels ${labels.join(", ")}`,
    ...(bounds === null ? [] : [`with the buckets ${bounds.join(", ")}`]),
    ...(aggregator === "sum" ? [] : [`with the aggregator ${aggregator}`]),
  ];
  return `a ${kind} ${parts.join(", ")}`;
}
