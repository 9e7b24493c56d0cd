/** The cost of the rate limit for a request, with each of Node's clocks. */
import { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { GateOrder, PacketronRequest, PacketronResponse } from "@packetron/core";
import { route as createRoute, type SharedServices } from "@packetron/core/capability";
import { byIp, type RateLimitOptions } from "@packetron/ratelimit";
import { LeasedLimiter } from "../../packages/ratelimit/src/leased-limiter.ts";
import { createLimitGate } from "../../packages/ratelimit/src/limit-gate.ts";
import { UNCOUNTED } from "../../packages/ratelimit/src/limiters.ts";
import { resolveSettings } from "../../packages/ratelimit/src/options.ts";
import { createRateGate } from "../../packages/ratelimit/src/rate-gate.ts";
import type { Clock } from "../../packages/ratelimit/src/state.ts";
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

class ServerRequest extends PacketronRequest {}
Object.defineProperty(ServerRequest.prototype, "server", { value: host.server });
const request = new ServerRequest(
  Object.defineProperty(new Socket(), "remoteAddress", { value: "203.0.113.7" }),
);
const response = new PacketronResponse(request);

/** Services with one lease that does not end, because the loop of a measurement leaves no turn to take another one. */
const services: Pick<SharedServices, "leases" | "state"> = {
  state: "up",
  leases: {
    take: async (key, policy) => ({
      ...{ key, policy, granted: LIMIT ** 1.5, validFor: 3_600_000, remaining: 0, resetAfter: 1_000 },
      ...{ grantedAt: 0, holders: 1, programs: 1 },
    }),
    giveBack: () => undefined,
  },
};

await compare("ratelimit-keys", "rateLimit, a busy key that is not refused", [
  contestant("no limit"),
  await leased("a key of the program", { headers: false, key: () => "all" }),
  await leased("a key of the program, by address", { headers: false, key: byIp() }),
  await leased("a key of the program, with headers", { key: () => "all" }),
  await leased("a key of the program, with older headers", { key: () => "all", headers: "legacy" }),
]);

/** A route with a limit that all workers share. */
async function leased(name: string, options: Partial<RateLimitOptions>): Promise<Contestant> {
  const settings = resolveSettings({ limit: LIMIT, ...options });
  const limiter = new LeasedLimiter({
    ...{ services, clock: performance, policy: () => settings, name: "limit ", startsFull: true },
    whenDown: { take: () => UNCOUNTED },
  });
  const limited = { value: 0 };
  const gate = createLimitGate({ settings, limiter, clock: performance, limited, isExempt: () => false });
  const route = createRoute(host, { routePath: "a", handler: () => handled++ });
  host.gate(GateOrder.RATE_LIMIT, gate, route);
  await route.run(request, response); // takes the lease
  return { name, run: () => route.run(request, response) };
}

function contestant(name: string, clock?: Clock): Contestant {
  const route = createRoute(host, { routePath: "a", handler: () => handled++ });
  if (clock !== undefined) host.gate(GateOrder.RATE_LIMIT, createRateGate(LIMIT, clock, { value: 0 }), route);
  return routeContestant(name, route);
}

function readHrtime(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
