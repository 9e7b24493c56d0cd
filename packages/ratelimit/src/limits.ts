/** The limits of one server and of its routes, and the gates by which they act. */
import type { CapabilityHost, PacketronRequest, PacketronRoute } from "@packetron/core";
import { type Figure, figure, GateOrder } from "@packetron/core/capability";
import { createLimitGate } from "./limit-gate.ts";
import { createLimiter } from "./limiters.ts";
import { resolveSettings } from "./options.ts";
import { createProgramGate, createRateGate } from "./rate-gate.ts";
import { shortKey } from "./short-key.ts";
import type { Clock, Limiter } from "./state.ts";

/** The limits of one server in this process. */
export class Limits {
  /** Which processes count together for `maxRequestsPerSecond`. */
  scope: "worker" | "program" = "worker";
  readonly #host: CapabilityHost;
  readonly #clock: Clock;
  readonly #limited: Figure;
  readonly #limiters = new Set<Limiter>();
  /** Routes with a `rateLimit` of their own, or with `false`. */
  readonly #overriding = new WeakSet<PacketronRoute>();

  constructor(host: CapabilityHost, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
    this.#limited = figure(
      host,
      "packetron_limited_requests_total",
      "Requests refused with 429 by a rate limit.",
    );
  }

  /** Adds the limit of the server. @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
  limitServer(option: unknown): void {
    this.#add(option, "server", ({ route }) => route !== null && this.#overriding.has(route));
  }

  /** Adds the limit of a route. @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
  limitRoute(option: unknown, route: PacketronRoute): void {
    if (option !== false) this.#add(option, String(route), () => false, route);
    this.#overriding.add(route);
  }

  /** Adds the `maxRequestsPerSecond` of a route. */
  limitRate(limit: number, route: PacketronRoute): void {
    this.#host.gate(GateOrder.RATE_LIMIT, this.#rateGate(limit, route), route);
  }

  /** Returns the leases of this process, so that the other processes can spend them. */
  giveBack(): void {
    for (const limiter of this.#limiters) limiter.giveBack?.();
  }

  #add(
    option: unknown,
    name: string,
    isExempt: (request: PacketronRequest) => boolean,
    route?: PacketronRoute,
  ): void {
    const settings = resolveSettings(option);
    const clock = this.#clock;
    const limiter = createLimiter(settings, { host: this.#host, clock, name: shared(name) });
    this.#limiters.add(limiter);
    const gate = createLimitGate({ settings, limiter, clock, limited: this.#limited, isExempt });
    this.#host.gate(GateOrder.RATE_LIMIT, gate, route);
  }

  #rateGate(limit: number, route: PacketronRoute) {
    if (this.scope === "worker") return createRateGate(limit, this.#clock, this.#limited);
    const limiter = createLimiter(
      { limit, window: 1_000, burst: limit, cost: 1, scope: "program", whenDown: "local" },
      { host: this.#host, clock: this.#clock, name: shared(`${route} a second`) },
    );
    this.#limiters.add(limiter);
    return createProgramGate(limit, limiter, this.#limited);
  }
}

/** The name of a limit among the keys that processes share. Paths may be long, and keys may not. */
function shared(name: string): string {
  return `rateLimit ${shortKey(name)} `;
}
