/**
 * The errors of this package in one table: the stable code, the message, and the status that the client gets. A wrong
 * option has core's code PKT_OPTION_INVALID.
 */
import { defineErrors, type ErrorFactory } from "@packetron/core";

/** The error codes of this package, each with the facts in its message. */
interface RateLimitErrors {
  PKT_RATELIMIT_EXCEEDED: { limit: number };
}

/** An error code of @packetron/ratelimit. */
export type RateLimitErrorCode = keyof RateLimitErrors;

/** Creates an error of this package. */
export const rateLimitError: ErrorFactory<RateLimitErrors> = defineErrors<RateLimitErrors>({
  PKT_RATELIMIT_EXCEEDED: {
    status: 429,
    message: (f) =>
      `More than ${f.limit} requests arrived in one second. The client should wait; raise maxRequestsPerSecond if such a rate is wanted.`,
  },
});

/** All error codes of @packetron/ratelimit. */
export const rateLimitErrorCodes: readonly RateLimitErrorCode[] = rateLimitError.codes;
