/** The capability `rateLimit()`: reads the options `rateLimit` and `maxRequestsPerSecond`. */
import type { Capability } from "@packetron/core";
import { optionError } from "@packetron/core/capability";
import { Limits } from "./limits.ts";
import type { RateLimitOptions } from "./options.ts";
import type { Clock } from "./state.ts";

// performance.now() is monotonic, unlike Date, and cheaper than process.hrtime(). The global is read once, because it
// is a getter that costs 7 ns at each use. An import of node:perf_hooks would load the whole module.
const { performance } = globalThis;

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * A limit for all requests of the server together, each client by itself: `{ limit: 100, window: 60_000 }`. Further
     * requests get 429 with `Retry-After`. It is not used for routes with a `rateLimit` of their own.
     * @default false
     */
    rateLimit?: false | RateLimitOptions;
    /**
     * Which processes count together for `maxRequestsPerSecond`: `"worker"`, each for itself; `"program"`, all workers.
     * @default "worker"
     */
    rateLimitScope?: "worker" | "program";
  }
  interface EndpointOptions {
    /**
     * A limit for this route or file, in place of the server's; `false` turns the server's off. Each route counts for
     * itself, also the routes of a group. `null` is the same as no value.
     * @default the server's
     */
    rateLimit?: false | RateLimitOptions | null;
    /**
     * How many requests of this endpoint, or of each served file, a worker accepts in a window of one second. Further
     * requests get 429 with `Retry-After: 1`. Each worker counts for itself, unless the server has
     * `rateLimitScope: "program"`. `null` and 0 mean no limit.
     * @default null
     */
    maxRequestsPerSecond?: number | null;
  }
}

/**
 * Adds `rateLimit` to the server, routes and served files, and `maxRequestsPerSecond` to routes and served files.
 * Requests of an endpoint without these options run no code of this package.
 *
 * The limit applies after the global plugins, and before the costly steps: the body and the local plugins. The constructor
 * and `handle()` throw PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN.
 *
 * @example
 * const server = new Packetron({ capabilities: [rateLimit()] });
 * server.handle({ routePath: "login", rateLimit: { limit: 5, window: 60_000 }, handler });
 */
export function rateLimit(): Capability {
  return createRateLimit(performance);
}

/** Makes the capability `rateLimit()` with a given clock, for tests. @internal */
export function createRateLimit(clock: Clock): Capability {
  return {
    name: "@packetron/ratelimit",
    install(host) {
      const limits = new Limits(host, clock);
      host.serverOption("rateLimit", (value) => {
        if (value !== undefined && value !== false) limits.limitServer(value);
      });
      host.serverOption("rateLimitScope", (value = "worker") => {
        if (value !== "worker" && value !== "program")
          throw optionError("rateLimitScope", value, '"worker" or "program"');
        limits.scope = value;
      });
      host.routeOption("rateLimit", (value, route) => {
        if (value !== null) limits.limitRoute(value, route);
      });
      host.routeOption("maxRequestsPerSecond", (value, route) => {
        assertLimit(value);
        if (value) limits.limitRate(value, route);
      });
      host.lifecycle({ draining: () => limits.giveBack() });
    },
  };
}

/** Throws PKT_OPTION_INVALID for fractions and infinite numbers, which are mistakes: `null` means no limit. */
function assertLimit(value: unknown): asserts value is number | null {
  if (value === null || (Number.isSafeInteger(value) && Number(value) >= 0)) return;
  throw optionError("maxRequestsPerSecond", value, "a whole number of requests, or null (or 0) for no limit");
}
