/** The policies of one server: which one holds for a route, and the gates and answers by which they act. */
import type { CapabilityHost, Gate, PacketronRequest, PacketronRoute } from "@packetron/core";
import { field, GateOrder } from "@packetron/core/capability";
import { resolveSettings } from "./options.ts";
import { CorsPolicy } from "./policy.ts";
import { createPreflightGate, type PreflightParts } from "./preflight.ts";

/** The policies of a server and of its routes. */
export class Policies implements PreflightParts {
  readonly #host: CapabilityHost;
  #ofServer: CorsPolicy | null = null;
  /** The policies of routes that override the server's; `null` where CORS is off. */
  readonly #ofRoutes: WeakMap<PacketronRoute, CorsPolicy | null> = new WeakMap();
  /** The policies by the value of an option: the routes of served files share one. */
  readonly #byOption: WeakMap<object, CorsPolicy> = new WeakMap();
  /** The policy of routes with `true` on a server without the option. */
  #default: CorsPolicy | null = null;
  /** Preflights that the gate answers by the policy of the route that they ask for. */
  readonly #preflights: WeakSet<PacketronRequest> = new WeakSet();
  #hasGate = false;

  constructor(host: CapabilityHost) {
    this.#host = host;
  }

  /** Adds the policy of the server. @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
  setServer(option: unknown): void {
    const policy = new CorsPolicy(resolveSettings(option));
    this.#ofServer = policy;
    this.#host.answering((request, response, answer) => {
      if (this.#isOverridden(request)) return undefined;
      return policy.addTo(request, response, answer.body === null);
    });
    this.#addGates(policy);
  }

  /** Adds the policy of a route. @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
  setRoute(option: unknown, route: PacketronRoute): void {
    const policy = option === false ? null : this.#read(option);
    if (policy === this.#ofServer) return;
    this.#ofRoutes.set(route, policy);
    if (policy === null) return;
    this.#host.answering(
      (request, response, answer) => policy.addTo(request, response, answer.body === null),
      route,
    );
    this.#addGates(policy, route);
  }

  policyOf(route: PacketronRoute): CorsPolicy | null {
    const own = this.#ofRoutes.get(route);
    return own === undefined ? this.#ofServer : own;
  }

  note(request: PacketronRequest): void {
    this.#preflights.add(request);
  }

  #read(option: unknown): CorsPolicy {
    if (option === true) {
      this.#default ??= this.#ofServer ?? new CorsPolicy(resolveSettings(true));
      return this.#default;
    }
    const known = typeof option === "object" && option !== null ? this.#byOption.get(option) : undefined;
    if (known !== undefined) return known;
    const policy = new CorsPolicy(resolveSettings(option));
    if (typeof option === "object" && option !== null) this.#byOption.set(option, policy);
    return policy;
  }

  /** Whether the headers of an answer are not those of the server's policy. */
  #isOverridden(request: PacketronRequest): boolean {
    const { route } = request;
    return route === null
      ? request.method === "OPTIONS" && this.#preflights.has(request)
      : this.#ofRoutes.has(route);
  }

  #addGates(policy: CorsPolicy, route?: PacketronRoute): void {
    if (!this.#hasGate) this.#host.gate(GateOrder.EARLY, createPreflightGate(this));
    this.#hasGate = true;
    if (policy.asks) this.#host.gate(GateOrder.EARLY, this.#createQuestion(policy, route), route);
  }

  /** Makes the gate that asks the program about the origin, so that the answer need not wait for its decision. */
  #createQuestion(policy: CorsPolicy, route?: PacketronRoute): Gate {
    return (request) => {
      const origin = field(request, "origin");
      if (origin === undefined || (route === undefined && this.#isOverridden(request))) return false;
      const allowed = policy.allows(origin, request);
      return typeof allowed === "boolean" ? false : allowed.then(() => false);
    };
  }
}
