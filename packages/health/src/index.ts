/**
 * The public names of @packetron/health.
 *
 * @module
 */
export { health } from "./health.ts";
export type { HealthOptions, ReadinessCheck } from "./options.ts";
