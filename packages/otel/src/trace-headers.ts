import { context, propagation } from "@opentelemetry/api";

/**
 * The headers that carry the trace of the current request to another server: `traceparent`, `tracestate` and what else the
 * propagator of the SDK writes. For clients that no instrumentation of OpenTelemetry knows.
 *
 * @returns No headers outside a traced request, and without an SDK.
 * @example
 * const answer = await fetch("http://stock.internal/items", { headers: traceHeaders() });
 */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}
