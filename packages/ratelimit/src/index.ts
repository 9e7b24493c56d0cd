/**
 * The public names of @packetron/ratelimit.
 *
 * @module
 */
export { rateLimit } from "./rate-limit.ts";
