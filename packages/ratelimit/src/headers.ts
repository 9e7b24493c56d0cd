/** The headers that tell a client how much of its limit is left. */
import type { PacketronResponse } from "@packetron/core";
import type { RateLimitSettings } from "./options.ts";
import type { KeyState } from "./state.ts";

/** Sets the headers of a limited request. `now` is by the clock of its limiter. */
export type SetHeaders = (response: PacketronResponse, state: KeyState, now: number) => void;

/** Makes the function that sets the headers of one limit; `null` without headers. */
export function createHeaders({ limit, window, headers }: RateLimitSettings): SetHeaders | null {
  if (headers === false) return null;
  if (headers === "legacy") {
    return (response, { remaining, resetAt }, now) => {
      response.setHeader("X-RateLimit-Limit", limit);
      response.setHeader("X-RateLimit-Remaining", remaining);
      response.setHeader("X-RateLimit-Reset", Math.ceil((Date.now() + resetAt - now) / 1_000));
    };
  }
  // draft-ietf-httpapi-ratelimit-headers-10: the quota q, the window w in whole seconds, the rest r, the seconds t until
  // the quota is whole again.
  const policy = `"default";q=${limit};w=${Math.ceil(window / 1_000)}`;
  return (response, { remaining, resetAt }, now) => {
    response.setHeader("RateLimit-Policy", policy);
    response.setHeader("RateLimit", `"default";r=${remaining};t=${secondsUntil(resetAt, now)}`);
  };
}

/** The whole seconds until a time, rounded up, and at least 0. */
export function secondsUntil(time: number, now: number): number {
  return Math.max(0, Math.ceil((time - now) / 1_000));
}
