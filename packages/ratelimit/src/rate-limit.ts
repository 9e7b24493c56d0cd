/** The capability `rateLimit()`: adds a gate that counts requests to each endpoint with `maxRequestsPerSecond`. */
import { type Capability, GateOrder, optionError } from "@packetron/core";
import { figure } from "@packetron/core/capability";
import { type Clock, createRateGate } from "./rate-gate.ts";

// performance.now() is monotonic, unlike Date, and cheaper than process.hrtime(). The global is read once, because it
// is a getter that costs 7 ns at each use. An import of node:perf_hooks would load the whole module.
const { performance } = globalThis;

declare module "@packetron/core" {
  interface EndpointOptions {
    /**
     * How many requests of this endpoint, or of each served file, a worker accepts in a window of one second. Further
     * requests get 429 with `Retry-After: 1`. Each worker counts for itself. `null` and 0 mean no limit.
     * @default null
     */
    maxRequestsPerSecond?: number | null;
  }
}

/**
 * Adds `maxRequestsPerSecond` to routes and served files. Requests of an endpoint without the option run no code of
 * this package.
 *
 * The limit applies after the global plugins, and before the costly steps: the body and the local plugins. `handle()`
 * throws PKT_OPTION_INVALID for a limit that is not a whole number.
 *
 * @example
 * const server = new Packetron({ capabilities: [rateLimit()] });
 * server.handle({ routePath: "search", maxRequestsPerSecond: 100, handler });
 */
export function rateLimit(): Capability {
  return createRateLimit(performance);
}

/** Makes the capability `rateLimit()` with a given clock, for tests. @internal */
export function createRateLimit(clock: Clock): Capability {
  return {
    name: "@packetron/ratelimit",
    install(host) {
      const limited = figure(
        host,
        "packetron_limited_requests_total",
        "Requests refused with 429 because of maxRequestsPerSecond.",
      );
      host.routeOption("maxRequestsPerSecond", (value, route) => {
        assertLimit(value);
        if (value) host.gate(GateOrder.RATE_LIMIT, createRateGate(value, clock, limited), route);
      });
    },
  };
}

/** Throws PKT_OPTION_INVALID for fractions and infinite numbers, which are mistakes: `null` means no limit. */
function assertLimit(value: unknown): asserts value is number | null {
  if (value === null || (Number.isSafeInteger(value) && Number(value) >= 0)) return;
  throw optionError("maxRequestsPerSecond", value, "a whole number of requests, or null (or 0) for no limit");
}
