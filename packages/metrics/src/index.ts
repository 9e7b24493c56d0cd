/**
 * The public names of @packetron/metrics.
 *
 * @module
 */
export type { Counter } from "./counter.ts";
export { type MetricsErrorCode, metricsErrorCodes } from "./errors.ts";
export type { Gauge } from "./gauge.ts";
export type { Histogram } from "./histogram.ts";
export type { Labels, LabelValue } from "./instrument.ts";
export type { GaugeOptions, HistogramOptions, MetricOptions } from "./metric-options.ts";
export { metrics } from "./metrics.ts";
export type { MetricsOptions } from "./options.ts";
export type { MetricsRegistry } from "./prom-client.ts";
export type { ServerMetrics } from "./server-metrics.ts";
