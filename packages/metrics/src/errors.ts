/**
 * The errors of this package in one table: the stable code, the message, and the status that a client gets. Wrong
 * options have core's codes PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN.
 */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The error codes of this package, each with the facts in its message. */
interface MetricsErrors {
  PKT_METRICS_CONFLICT: { name: string; first: string; second: string };
  PKT_METRICS_LABEL: { name: string; label: string; known: string };
  PKT_METRICS_NAME: { what: string; received: string };
  PKT_METRICS_TOKEN: undefined;
  PKT_METRICS_UNAVAILABLE: { seconds: number };
  PKT_METRICS_VALUE: { name: string; received: string; expected: string };
}

/** An error code of @packetron/metrics. */
export type MetricsErrorCode = keyof MetricsErrors;

/** Creates an error of this package. */
export const metricsError: ErrorFactory<MetricsErrors> = defineErrors<MetricsErrors>({
  PKT_METRICS_CONFLICT: {
    message: (f) =>
      `The metric "${f.name}" exists already as ${f.first}, and was asked for as ${f.second}. One name is one metric: use the same kind and labels, or another name.`,
  },
  PKT_METRICS_LABEL: {
    message: (f) =>
      `The metric "${f.name}" has no label "${f.label}". Known: ${f.known}. Name every label in the option labels of the metric.`,
  },
  PKT_METRICS_NAME: {
    message: (f) =>
      `${f.what} ${f.received} is not valid: Prometheus takes letters, digits and "_", and no digit first. Labels must not begin with "__", nor be "le" or "quantile".`,
  },
  PKT_METRICS_TOKEN: {
    status: 401,
    message:
      "The request for metrics had no valid token. Send the header Authorization: Bearer <token> with the token of the option metrics.",
  },
  PKT_METRICS_UNAVAILABLE: {
    status: 503,
    message: (f) =>
      `The primary has not answered with the metrics of the program within ${f.seconds} s: it has exited, or is overloaded. Scrape again.`,
  },
  PKT_METRICS_VALUE: {
    message: (f) => `The metric "${f.name}" got ${f.received}, and takes ${f.expected}.`,
  },
});

/** All error codes of @packetron/metrics. */
export const metricsErrorCodes: readonly MetricsErrorCode[] = metricsError.codes;
