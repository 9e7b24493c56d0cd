/**
 * The public names of @packetron/security-headers.
 *
 * @module
 */
export type { SecurityHeadersOptions } from "./options.ts";
export { securityHeaders } from "./security-headers.ts";
