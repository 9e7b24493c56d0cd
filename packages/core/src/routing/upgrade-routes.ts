/** The routes of HTTP upgrades: a client that asks such a route for its protocol leaves HTTP (RFC 9110 section 7.8). */
import { PacketronRequestMethod } from "../http/methods.ts";
import type { PacketronRoute } from "./route.ts";
import { Router } from "./router.ts";

/** The parts of a request that decide about an upgrade. */
export interface UpgradeRequest {
  readonly httpVersion: string;
  readonly method?: string | undefined;
  field(name: string): string | undefined;
}

/** The upgrade routes of one server. Other routes may have the same paths. */
export class UpgradeRoutes extends Router {
  /** Whether a route was added at any time. */
  isUsed = false;
  readonly #protocols = new WeakMap<PacketronRoute, string>();
  #onUse: () => void = () => undefined;

  /** Adds a route whose clients change to a protocol, such as `"websocket"`. */
  addFor(protocol: string, route: PacketronRoute): void {
    this.#protocols.set(route, protocol.toLowerCase());
    this.add(route);
    if (this.isUsed) return;
    this.isUsed = true;
    this.#onUse();
  }

  /** Calls a function once there is a route: now, or later. */
  whenUsed(call: () => void): void {
    if (this.isUsed) call();
    else this.#onUse = call;
  }

  /** The protocol of a route; `undefined` for a route that takes no upgrades. */
  protocolOf(route: PacketronRoute): string | undefined {
    return this.#protocols.get(route);
  }

  /** Whether a request asks the route of its path for the protocol of that route. An upgrade is a GET of HTTP/1.1. */
  takes(request: UpgradeRequest, path: string): boolean {
    if (request.method !== "GET" || request.httpVersion !== "1.1") return false;
    const route = this.find(PacketronRequestMethod.GET, path, { params: {} });
    const protocol = route === undefined ? undefined : this.#protocols.get(route);
    const asked = (request.field("upgrade") ?? "").split(",").map((name) => name.trim().toLowerCase());
    return protocol !== undefined && asked.includes(protocol);
  }
}
