/**
 * The public names of @packetron/ratelimit.
 *
 * @module
 */
export { type RateLimitErrorCode, rateLimitErrorCodes } from "./errors.ts";
export { rateLimit } from "./rate-limit.ts";
