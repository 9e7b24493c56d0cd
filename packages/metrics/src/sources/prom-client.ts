/** Reads registries of prom-client. */
import type { Aggregator, Family, FamilyReport, Kind, SeriesReport } from "../series/families.ts";
import { labelText } from "../series/labels.ts";

/** A registry of prom-client, such as `client.register`. */
export interface MetricsRegistry {
  /** The metrics of the registry. */
  getMetricsAsArray(): readonly unknown[];
}

/** What prom-client's metrics give; their fields are read one by one. */
interface ForeignMetric {
  readonly collect?: unknown;
  get(): unknown;
}

const KINDS: readonly Kind[] = ["counter", "gauge", "histogram", "summary"];
const AGGREGATORS: readonly Aggregator[] = ["sum", "min", "max", "average", "first", "omit"];

/**
 * Reads the metrics of registries.
 *
 * @param runsCollect Whether metrics with a function `collect` are read, which may be costly: a query to a database.
 * @param onError Gets the error of a metric that cannot be read. The others are read all the same.
 */
export async function readRegistries(
  registries: readonly MetricsRegistry[],
  runsCollect: boolean,
  onError: (error: unknown) => void,
): Promise<readonly FamilyReport[]> {
  const metrics = registries.flatMap((registry) => registry.getMetricsAsArray()).filter(isMetric);
  const chosen = metrics.filter((metric) => runsCollect || typeof metric.collect !== "function");
  const read = await Promise.allSettled(chosen.map(async (metric) => metric.get()));
  return read.flatMap((result) => {
    if (result.status === "fulfilled") return toReport(result.value);
    onError(result.reason);
    return [];
  });
}

function toReport(metric: unknown): readonly FamilyReport[] {
  if (!isRecord(metric)) return [];
  const { name, help, type, values, aggregator } = metric;
  if (typeof name !== "string" || !Array.isArray(values)) return [];
  const family: Family = {
    name,
    help: typeof help === "string" ? help : "",
    kind: KINDS.find((kind) => kind === type) ?? "untyped",
    aggregator: AGGREGATORS.find((each) => each === aggregator) ?? "sum",
    bounds: null,
    isRaw: true,
  };
  return [{ ...family, series: values.flatMap((value: unknown) => toSeries(name, value)) }];
}

function toSeries(name: string, sample: unknown): readonly SeriesReport[] {
  if (!isRecord(sample) || typeof sample["value"] !== "number") return [];
  const { labels, metricName, value } = sample;
  const entries = isRecord(labels) ? Object.entries(labels) : [];
  const text = labelText(
    entries.map(([label]) => label),
    entries.map(([, each]) => (each === Number.POSITIVE_INFINITY ? "+Inf" : String(each))),
  );
  const line = typeof metricName === "string" ? metricName : name;
  return [[`${line} ${text}`, Float64Array.of(value)]];
}

function isMetric(value: unknown): value is ForeignMetric {
  return isRecord(value) && typeof value["get"] === "function";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
