/**
 * The public names of @packetron/cors.
 *
 * @module
 */
export { cors } from "./cors.ts";
export type { CorsOptions, OriginFunction } from "./options.ts";
