/**
 * The public names of @packetron/ratelimit.
 *
 * @module
 */
export { type RateLimitErrorCode, rateLimitErrorCodes } from "./errors.ts";
export { byHeader, byIp } from "./keys.ts";
export type { RateLimitKey, RateLimitOptions, RateLimitScope } from "./options.ts";
export { rateLimit } from "./rate-limit.ts";
