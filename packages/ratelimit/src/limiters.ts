/** Makes the limiter of an option: which processes count together, and what happens while they cannot. */
import type { CapabilityHost } from "@packetron/core";
import { LeasedLimiter } from "./leased-limiter.ts";
import { LocalLimiter } from "./local-limiter.ts";
import type { RateLimitSettings } from "./options.ts";
import { type Clock, type KeyState, type Limiter, type Policy, shareOf } from "./state.ts";

/** What a limiter is made of, besides its option. */
export interface LimiterParts {
  readonly host: Pick<CapabilityHost, "shared">;
  readonly clock: Clock;
  /** Distinguishes the limit from all others of the server. The same in every process. */
  readonly name: string;
}

/** The parts of an option that a limiter needs. */
export type LimitSettings = Pick<
  RateLimitSettings,
  "limit" | "window" | "burst" | "cost" | "scope" | "whenDown"
>;

/** The state of a request that passes uncounted, with `whenDown: "open"`. */
export const UNCOUNTED: KeyState = { passes: true, remaining: 0, resetAt: 0, retryAt: 0 };

/** The state of a request that is refused because it cannot be counted, with `whenDown: "closed"`. */
export const UNCOUNTABLE: KeyState = { passes: false, remaining: 0, resetAt: 0, retryAt: 0 };

/**
 * Makes the limiter of an option. While the store of several programs is down, each program counts its share, by leases
 * from its primary; while the primary does not answer, each worker counts its share.
 */
export function createLimiter(settings: LimitSettings, parts: LimiterParts): Limiter {
  const { limit, window, burst, cost, scope, whenDown } = settings;
  const { host, clock, name } = parts;
  const whole: Policy = { limit, window, burst, cost };
  if (scope === "worker") return new LocalLimiter({ clock, policy: () => whole, startsFull: true });

  // The parties that shared the limit at the last lease.
  const seen = { holders: 1, programs: 1 };
  const see = (lease: typeof seen): void => {
    seen.holders = lease.holders;
    seen.programs = lease.programs;
  };
  const isOfProgram = scope === "program";
  const constant: Limiter = { take: () => (whenDown === "open" ? UNCOUNTED : UNCOUNTABLE) };
  const isLocal = whenDown === "local";
  const worker = new LocalLimiter({
    clock,
    policy: () => shareOf(whole, seen.holders * seen.programs),
    startsFull: false,
  });
  const program = new LeasedLimiter({
    services: host.shared("program"),
    clock,
    policy: () => (isOfProgram ? whole : shareOf(whole, seen.programs)),
    name: isOfProgram ? name : `${name} while down `,
    startsFull: isOfProgram,
    whenDown: isLocal ? worker : constant,
    ...(isOfProgram ? { onLease: see } : {}),
  });
  if (isOfProgram) return program;
  const everywhere = new LeasedLimiter({
    services: host.shared("everywhere"),
    clock,
    policy: () => whole,
    name,
    startsFull: true,
    whenDown: isLocal ? program : constant,
    onLease: see,
  });
  return {
    take: (key) => everywhere.take(key),
    giveBack: () => {
      everywhere.giveBack();
      program.giveBack();
    },
  };
}
