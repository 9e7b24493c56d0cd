/** The gate of one option `rateLimit`: asks the limiter about each request, and refuses with 429. */
import type { Gate, PacketronRequest, PacketronResponse } from "@packetron/core";
import { prepareRefusal, showValue } from "@packetron/core/capability";
import { rateLimitError } from "./errors.ts";
import { createHeaders, secondsUntil } from "./headers.ts";
import { UNCOUNTABLE, UNCOUNTED } from "./limiters.ts";
import type { RateLimitSettings } from "./options.ts";
import { shortKey } from "./short-key.ts";
import type { Clock, KeyState, Limiter } from "./state.ts";

/** What a gate is made of. */
export interface LimitGateParts {
  readonly settings: RateLimitSettings;
  readonly limiter: Limiter;
  readonly clock: Clock;
  /** Counts the refused requests. */
  readonly limited: { value: number };
  /** Whether another limit, or none, holds for a request. */
  readonly isExempt: (request: PacketronRequest) => boolean;
}

type Refuse = (response: PacketronResponse) => void;

/** How many prepared refusals a gate keeps: one for each number of seconds in `Retry-After`. */
const MAX_REFUSALS = 100;

/** Makes the gate of one limit. */
export function createLimitGate({ settings, limiter, clock, limited, isExempt }: LimitGateParts): Gate {
  const { limit, window, key } = settings;
  const setHeaders = createHeaders(settings);
  const refuseUncountable = prepareRefusal({
    status: 503,
    headers: { "Retry-After": "1" },
    error: () => rateLimitError("PKT_RATELIMIT_DOWN"),
  });
  const refusals = new Map<number, Refuse>();

  function refusalOf(seconds: number): Refuse {
    let refusal = refusals.get(seconds);
    if (refusal === undefined) {
      refusal = prepareRefusal({
        status: 429,
        headers: { "Retry-After": String(seconds) },
        error: () => rateLimitError("PKT_RATELIMIT_LIMITED", { limit, window, seconds }),
      });
      if (refusals.size >= MAX_REFUSALS) refusals.clear();
      refusals.set(seconds, refusal);
    }
    return refusal;
  }

  function apply(state: KeyState, response: PacketronResponse): boolean {
    if (state === UNCOUNTED) return false;
    if (state === UNCOUNTABLE) {
      refuseUncountable(response);
      return true;
    }
    const { passes, retryAt } = state;
    const now = setHeaders === null && passes ? 0 : clock.now();
    setHeaders?.(response, state, now);
    if (passes) return false;
    limited.value++;
    refusalOf(Math.max(1, secondsUntil(retryAt, now)))(response);
    return true;
  }

  return function limitGate(request, response) {
    if (isExempt(request)) return false;
    const value = key(request);
    if (value === null) return false;
    if (typeof value !== "string") throw rateLimitError("PKT_RATELIMIT_KEY", { received: showValue(value) });
    const state = limiter.take(shortKey(value));
    return state instanceof Promise ? state.then((later) => apply(later, response)) : apply(state, response);
  };
}
