/**
 * The public names of @packetron/metrics.
 *
 * @module
 */
export type { Counter } from "./instruments/counter.ts";
export { type MetricsErrorCode, metricsErrorCodes } from "./errors.ts";
export type { Gauge } from "./instruments/gauge.ts";
export type { Histogram } from "./instruments/histogram.ts";
export type { Labels, LabelValue } from "./instruments/instrument.ts";
export type { GaugeOptions, HistogramOptions, MetricOptions } from "./instruments/metric-options.ts";
export { metrics } from "./metrics.ts";
export type { MetricsOptions } from "./options.ts";
export type { MetricsRegistry } from "./sources/prom-client.ts";
export type { ServerMetrics } from "./instruments/server-metrics.ts";
