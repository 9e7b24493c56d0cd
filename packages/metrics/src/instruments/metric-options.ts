/** The options of a metric of the program, and their checks. */
import { assertOptions, optionError, showValue } from "@packetron/core/capability";
import { metricsError } from "../errors.ts";
import type { Aggregator } from "../series/families.ts";

/** The options of `server.metrics.counter()`, `gauge()` and `histogram()`. */
export interface MetricOptions<Label extends string = string> {
  /** The name, such as `"orders_total"`: letters, digits and `_`. */
  readonly name: string;
  /** What the metric counts or measures, as a sentence. */
  readonly help: string;
  /**
   * The names of the labels.
   * @default []
   */
  readonly labels?: readonly Label[];
}

/** The options of `server.metrics.gauge()`. */
export interface GaugeOptions<Label extends string = string> extends MetricOptions<Label> {
  /**
   * How the values of the processes become one: `"sum"`, `"min"`, `"max"`, `"average"`, or `"first"` for a value that is
   * the same in each.
   * @default "sum"
   */
  readonly aggregator?: Exclude<Aggregator, "omit">;
  /** Called before the values are read for a scrape. It sets them, and is not awaited. */
  readonly collect?: () => void;
}

/** The options of `server.metrics.histogram()`. */
export interface HistogramOptions<Label extends string = string> extends MetricOptions<Label> {
  /**
   * The upper bounds of the buckets, ascending, without infinity.
   * @default the option `buckets` of the server's option `metrics`
   */
  readonly buckets?: readonly number[];
}

/** The options of a metric, checked. */
export interface MetricSettings {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly aggregator: Aggregator;
  readonly collect: (() => void) | null;
  readonly buckets: readonly number[] | null;
}

const NAME = /^[a-zA-Z_][\w]*$/;
const AGGREGATORS: readonly string[] = ["sum", "min", "max", "average", "first"];
const OWN_PARTS: Readonly<Record<string, readonly string[]>> = {
  gauge: ["aggregator", "collect"],
  histogram: ["buckets"],
};

/** @throws PKT_METRICS_NAME, PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
export function readMetricOptions(kind: "counter" | "gauge" | "histogram", value: unknown): MetricSettings {
  const call = `metrics.${kind}()`;
  const known = ["name", "help", "labels", ...(OWN_PARTS[kind] ?? [])];
  assertOptions(call, value, known, "an object with name and help");
  const { name, help, labels = [], aggregator = "sum", collect = null } = value;
  if (typeof name !== "string" || !NAME.test(name))
    throw metricsError("PKT_METRICS_NAME", { what: "The metric name", received: showValue(name) });
  if (typeof help !== "string" || help.trim() === "") throw optionError(`${call}.help`, help, "a sentence");
  if (!isAggregator(aggregator))
    throw optionError(`${call}.aggregator`, aggregator, AGGREGATORS.map((each) => `"${each}"`).join(", "));
  if (collect !== null && !isFunction(collect))
    throw optionError(`${call}.collect`, collect, "a function that sets values");
  const buckets = value["buckets"];
  return {
    name,
    help,
    labels: readLabels(`${call}.labels`, labels),
    aggregator,
    collect,
    buckets: buckets === undefined ? null : readBuckets(`${call}.buckets`, buckets),
  };
}

function readLabels(option: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw optionError(option, value, "a list of names");
  for (const label of value) assertLabelName(label);
  if (new Set(value).size < value.length) throw optionError(option, value, "each label once");
  return value;
}

/** @throws PKT_METRICS_NAME for a name that Prometheus refuses, or that the text formats use themselves */
export function assertLabelName(label: unknown): asserts label is string {
  const isValid = typeof label === "string" && NAME.test(label) && !label.startsWith("__");
  if (!isValid || label === "le" || label === "quantile")
    throw metricsError("PKT_METRICS_NAME", { what: "The label name", received: showValue(label) });
}

/** @throws PKT_OPTION_INVALID unless the value is a list of finite numbers, each greater than the one before */
export function readBuckets(option: string, value: unknown): readonly number[] {
  const expected = "a list of finite numbers, each greater than the one before, such as [0.01, 0.1, 1]";
  if (!Array.isArray(value) || value.length === 0) throw optionError(option, value, expected);
  let last = Number.NEGATIVE_INFINITY;
  for (const bound of value) {
    if (typeof bound !== "number" || !Number.isFinite(bound) || bound <= last)
      throw optionError(option, value, expected);
    last = bound;
  }
  return Object.freeze([...value]);
}

function isAggregator(value: unknown): value is Aggregator {
  return typeof value === "string" && AGGREGATORS.includes(value);
}

function isFunction(value: unknown): value is () => void {
  return typeof value === "function";
}
