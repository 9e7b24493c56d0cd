/** The errors of this package. Those of calls, such as PKT_SHARED_UNAVAILABLE, are core's. */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The error codes of this package, each with the facts in its message. */
interface RedisErrors {
  PKT_REDIS_CONNECT: { where: string; reason: string };
}

/** An error code of @packetron/redis. */
export type RedisErrorCode = keyof RedisErrors;

/** Creates an error of this package. */
export const redisError: ErrorFactory<RedisErrors> = defineErrors<RedisErrors>({
  PKT_REDIS_CONNECT: {
    message: (f) =>
      `Redis at ${f.where} cannot be used: ${f.reason}. Start it, correct the options of redis(), or use required: false to start without it.`,
  },
});

/** All error codes of @packetron/redis. */
export const redisErrorCodes: readonly RedisErrorCode[] = redisError.codes;
