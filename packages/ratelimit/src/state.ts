/** What a limiter says about one request. */

/** The state of one key after a request. A limiter changes it at the next request, so it has to be read at once. */
export interface KeyState {
  /** Whether the request passes. */
  passes: boolean;
  /** The units that are left, as far as this process knows. */
  remaining: number;
  /** When all units are back, by the limiter's clock, if no more are spent. */
  resetAt: number;
  /** After a refusal: when a request can pass again, by the limiter's clock. */
  retryAt: number;
}

/** Decides about requests, each with a key. A promise when another process has to be asked. */
export interface Limiter {
  take(key: string): KeyState | Promise<KeyState>;
  /** Returns what was taken in advance and not spent. Called when this process stops. */
  giveBack?(): void;
}

/** The clock of a limiter: milliseconds with fractions, never decreasing. */
export interface Clock {
  now(): number;
}

/** A limit with the number of units of a request. */
export interface Policy {
  readonly limit: number;
  /** The length of a window in milliseconds. */
  readonly window: number;
  readonly burst: number;
  readonly cost: number;
}

/** The limit for one of `count` parties that cannot count together: its share of the whole. */
export function shareOf({ limit, window, burst, cost }: Policy, count: number): Policy {
  // A request that costs more than the burst would never pass.
  return {
    limit: Math.max(1, Math.floor(limit / count)),
    window,
    burst: Math.max(cost, Math.floor(burst / count)),
    cost,
  };
}
