/**
 * The errors of this package in one table: the stable code, the message, and the status that the client gets. A wrong
 * option has core's code PKT_OPTION_INVALID.
 */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The error codes of this package, each with the facts in its message. */
interface RateLimitErrors {
  PKT_RATELIMIT_EXCEEDED: { limit: number };
  PKT_RATELIMIT_LIMITED: { limit: number; window: number; seconds: number };
  PKT_RATELIMIT_DOWN: undefined;
  PKT_RATELIMIT_KEY: { received: string };
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
  PKT_RATELIMIT_LIMITED: {
    status: 429,
    message: (f) =>
      `A client has used its limit of ${f.limit} in ${f.window} ms. It can send the next request in ${f.seconds} s; raise rateLimit.limit or rateLimit.burst if such a rate is wanted.`,
  },
  PKT_RATELIMIT_DOWN: {
    status: 503,
    message:
      'Requests cannot be counted, because the shared services do not answer, and rateLimit.whenDown is "closed". Restore the store, or use "local" or "open".',
  },
  PKT_RATELIMIT_KEY: {
    message: (f) =>
      `rateLimit.key returned ${f.received}, but it has to return a text, or null for a request without a limit. It cannot be asynchronous: look values up in a plugin before, and return them here.`,
  },
});

/** All error codes of @packetron/ratelimit. */
export const rateLimitErrorCodes: readonly RateLimitErrorCode[] = rateLimitError.codes;
