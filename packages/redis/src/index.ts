/**
 * The public names of @packetron/redis.
 *
 * @module
 */
export { type RedisErrorCode, redisErrorCodes } from "./errors.ts";
export type { RedisOptions } from "./options.ts";
export { redis } from "./redis.ts";
