/** The capability: reads `maxRequestsPerSecond` and gives the endpoint its gate. */
import { type Capability, GateOrder, optionError } from "@packetron/core";
import { type Clock, createRateGate } from "./rate-gate.ts";

// Monotonic, unlike Date, and cheaper than process.hrtime(). Read once: the global is a getter, 7 ns more each time. An
// import would load all that the module exports.
const { performance } = globalThis;

declare module "@packetron/core" {
  interface EndpointOptions {
    /**
     * How many requests of this endpoint, or of each served file, a worker lets through in a window of one second; the
     * others get 429 with `Retry-After: 1`. With several workers, up to that many pass in each. `null` and 0 turn it off.
     * @default null
     */
    maxRequestsPerSecond?: number | null;
  }
}

/**
 * Adds `maxRequestsPerSecond` to routes and served files. An endpoint that does not set it has nothing of it on the way
 * of its requests.
 *
 * The limit stands behind the global plugins and before everything that costs: the body and the local plugins. `handle()`
 * throws PKT_OPTION_INVALID for a limit that is no whole number.
 *
 * @example
 * const server = new Packetron({ capabilities: [rateLimit()] });
 * server.handle({ routePath: "search", maxRequestsPerSecond: 100, handler });
 */
export function rateLimit(): Capability {
  return createRateLimit(performance);
}

/** The same on another clock, for tests. @internal */
export function createRateLimit(clock: Clock): Capability {
  return {
    name: "@packetron/ratelimit",
    install(host) {
      host.routeOption("maxRequestsPerSecond", (value, route) => {
        assertLimit(value);
        if (value) host.gate(GateOrder.RATE_LIMIT, createRateGate(value, clock), route);
      });
    },
  };
}

/** Half a request, or infinitely many, is a slip; `null` says "no limit" where that is meant. */
function assertLimit(value: unknown): asserts value is number | null {
  if (value === null || (Number.isSafeInteger(value) && Number(value) >= 0)) return;
  throw optionError("maxRequestsPerSecond", value, "a whole number of requests, or null (or 0) for no limit");
}
