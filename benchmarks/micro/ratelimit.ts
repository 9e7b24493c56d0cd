/** The cost of the rate limit for a request, with each of Node's clocks. */
import { performance } from "node:perf_hooks";
import { GateOrder } from "@packetron/core";
import { route as createRoute } from "@packetron/core/capability";
import { type Clock, createRateGate } from "../../packages/ratelimit/src/rate-gate.ts";
import { type Contestant, compare, makeHost, routeContestant } from "./_measure.ts";

const host = makeHost();
let handled = 0;

/** A limit that no request exceeds, so that passing requests are timed. */
const LIMIT = 1_000_000_000;

await compare("ratelimit", "maxRequestsPerSecond, not reached", [
  contestant("no limit"),
  contestant("limit, clock that stands still", { now: () => 0 }),
  contestant("limit, performance of node:perf_hooks", performance),
  contestant("limit, the same in a closure", { now: () => performance.now() }),
  contestant("limit, global performance", { now: () => globalThis.performance.now() }),
  contestant("limit, Date (not monotonic)", Date),
  contestant("limit, process.hrtime()", { now: readHrtime }),
  contestant("limit, process.hrtime.bigint()", { now: () => Number(process.hrtime.bigint()) / 1e6 }),
]);

function contestant(name: string, clock?: Clock): Contestant {
  const route = createRoute(host, { routePath: "a", handler: () => handled++ });
  if (clock !== undefined) host.gate(GateOrder.RATE_LIMIT, createRateGate(LIMIT, clock, { value: 0 }), route);
  return routeContestant(name, route);
}

function readHrtime(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
