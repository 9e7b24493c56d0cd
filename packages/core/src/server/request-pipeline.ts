/** What answers requests in this process: the claims of the capabilities, the routes, and the server's own classes. */

import type { CapabilityHost } from "../capability/contract.ts";
import { installCapabilities } from "../capability/host.ts";
import { Registry } from "../capability/registry.ts";
import type { DrainScope, HttpListener } from "../cluster/process/lifecycle.ts";
import { PacketronServerFlags } from "../config/flags.ts";
import type { RouteOptions, ServerOptions } from "../config/options.ts";
import { assertServerOptions } from "../config/settings.ts";
import { createServing } from "../connection/http-server.ts";
import { createLoad, type Load } from "../connection/load.ts";
import { bodyGates } from "../dispatch/body-gates.ts";
import { Dispatcher } from "../dispatch/dispatch.ts";
import { isAnswered } from "../message/answer.ts";
import { PacketronRequest } from "../message/request.ts";
import { PacketronResponse } from "../message/response.ts";
import { createRoute } from "../routing/create-route.ts";
import { describeRoute, type RouteDescription } from "../routing/describe.ts";
import { PacketronRoute } from "../routing/route.ts";
import { Router } from "../routing/router.ts";
import type { Packetron } from "./packetron.ts";
import { announceListening } from "./startup-line.ts";

/** The answering half of a {@link Packetron}; the other half is its lifecycle. */
export class Application {
  readonly router: Router = new Router();
  readonly dispatcher: Dispatcher;
  readonly load: Load = createLoad();
  readonly #server: Packetron;
  readonly #registry: Registry = new Registry();
  // Each server has subclasses of its own, so that one server's extensions never show on another's requests.
  readonly #requestClass = class extends PacketronRequest {};
  readonly #responseClass = class extends PacketronResponse {};
  readonly #routeClass = class extends PacketronRoute {};

  constructor(server: Packetron) {
    this.#server = server;
    const ignoreTrailingSlash = (server.settings.flags & PacketronServerFlags.IGNORE_TRAILING_SLASH) !== 0;
    this.dispatcher = new Dispatcher(this.router, this.#registry.resolvers, ignoreTrailingSlash);
    for (const { prototype } of [this.#requestClass, this.#responseClass]) {
      Object.defineProperty(prototype, "server", { value: server });
    }
  }

  /** Installs the capabilities, then refuses what none of them claimed. */
  install(options: ServerOptions, channel: CapabilityHost["channel"]): void {
    installCapabilities(options.capabilities ?? [], {
      registry: this.#registry,
      server: this.#server,
      settings: this.#server.settings,
      log: this.#server.log,
      gate: (order, gate, route) =>
        route === undefined ? this.dispatcher.gates.add(order, gate) : route.addGate(order, gate),
      route: (routeOptions) => this.createRoute(routeOptions),
      isAnswered: (response, call) => isAnswered(response, `${call} was called`),
      fail: (error, request, response) => this.dispatcher.fail(error, request, response),
      channel,
      targets: {
        server: this.#server,
        route: this.#routeClass.prototype,
        request: this.#requestClass.prototype,
        response: this.#responseClass.prototype,
      },
    });
    this.#registry.assertFlags("server", this.#server.settings.flags);
    assertServerOptions(options, this.#registry.serverOptions);
  }

  /** Compiles a route without listing it in the router. */
  createRoute<Path extends string>(options: RouteOptions<Path>): PacketronRoute {
    const route = createRoute(options, {
      registry: this.#registry,
      settings: this.#server.settings,
      routeClass: this.#routeClass,
      remove: (removed) => this.router.remove(removed),
    });
    for (const { order, gate } of bodyGates(route)) route.addGate(order, gate);
    return route;
  }

  /** Every route that the router lists, described. */
  describeRoutes(): RouteDescription[] {
    const { list } = this.dispatcher.gates;
    return [...this.router.routes()].map((route) => describeRoute(route, list, this.#registry));
  }

  /** The capabilities that look for a route where the router has none, in the order in which they are asked. */
  get resolvers(): string[] {
    return this.#registry.resolvers.map((find) => this.#registry.ownerOf(find));
  }

  /** The http(s) server of this process. */
  createListener(): HttpListener {
    return createServing({
      settings: this.#server.settings,
      log: this.#server.log,
      requestClass: this.#requestClass,
      responseClass: this.#responseClass,
      load: this.load,
      dispatch: (request, response) => this.dispatcher.dispatch(request, response),
    });
  }

  /** Calls the capabilities' hooks of a stage, in order of registration; `stopped` in reverse. Tells when it listens. */
  async run(stage: "starting" | "listening" | "stopped"): Promise<void> {
    const hooks = stage === "stopped" ? this.#registry.lifecycle.toReversed() : this.#registry.lifecycle;
    for (const hook of hooks) await hook[stage]?.();
    const address = this.#server.address();
    if (stage === "listening" && address !== null && this.#server.isPrimary)
      announceListening(this.#server.log, this.#server.settings, address);
  }

  /** Tells the capabilities that the end of this process's service begins. */
  draining(scope: DrainScope): void {
    for (const hook of this.#registry.lifecycle) hook.draining?.(scope);
  }
}
