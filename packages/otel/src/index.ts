/**
 * The public names of @packetron/otel.
 *
 * @module
 */
export type { OtelOptions } from "./options.ts";
export { otel } from "./otel.ts";
export { traceHeaders } from "./trace-headers.ts";
