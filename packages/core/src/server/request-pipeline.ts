/** Answers requests in this process: has the capabilities' claims, the routes, and the request and response classes. */

import type {
  Around,
  Channel,
  DrainScope,
  ExtensionTarget,
  Gate,
  Take,
  UpgradeOptions,
} from "../capability/contract.ts";
import { type CapabilityTarget, installCapabilities } from "../capability/host.ts";
import { Registry } from "../capability/registry.ts";
import type { HttpListener, Lifecycle } from "../cluster/process/lifecycle.ts";
import type { PrimaryStatus } from "../cluster/process/status.ts";
import { PacketronServerFlags } from "../config/flags.ts";
import type { ServerOptions, ServerSettings } from "../config/options.ts";
import { assertServerOptions } from "../config/settings.ts";
import { createHttpListener, type RequestListener } from "../connection/http-server.ts";
import { Load } from "../connection/load.ts";
import { bodyGates } from "../dispatch/body-gates.ts";
import { Dispatcher } from "../dispatch/dispatch.ts";
import { upgradeHandler } from "../dispatch/upgrade-handler.ts";
import { requestFields } from "../log/request-fields.ts";
import { type Answering, AnsweringState } from "../message/answer-change.ts";
import { Answerings } from "../message/answerings.ts";
import { failRequest } from "../message/fail.ts";
import { PacketronRequest } from "../message/request.ts";
import { PacketronResponse } from "../message/response.ts";
import { Settlement } from "../message/settlement.ts";
import { handlerPoint, requestPoint, TracedRequest } from "../message/traces.ts";
import { overrideGetters } from "../node/override-methods.ts";
import { createRoute } from "../routing/create-route.ts";
import { describeRoute, type RouteDescription } from "../routing/describe.ts";
import { HandlerTimeouts } from "../routing/handler-timeout.ts";
import { PacketronRoute } from "../routing/route.ts";
import type { RouteOptions } from "../routing/route-options.ts";
import { Router } from "../routing/router.ts";
import { UpgradeRoutes } from "../routing/upgrade-routes.ts";
import { createAccessLog } from "./access-log.ts";
import { Injections } from "./injections.ts";
import type { Packetron } from "./packetron.ts";
import type { AnswerTarget } from "./packetron-delegate.ts";
import { Sharing } from "./sharing.ts";
import { logStartupLine } from "./startup-line.ts";

/** The part of a {@link Packetron} that answers requests. `ServerLifecycle` is the part that starts and stops it. */
export class RequestPipeline implements AnswerTarget, CapabilityTarget {
  readonly server: Packetron;
  readonly registry: Registry = new Registry();
  readonly router: Router = new Router();
  readonly upgrades: UpgradeRoutes = new UpgradeRoutes();
  readonly dispatcher: Dispatcher;
  readonly load: Load = new Load();
  readonly settlement: Settlement;
  /** The requests of `inject()` and `fetch()`. */
  readonly injections: Injections;
  /** What the server shares with its other processes. */
  readonly sharing: Sharing;
  /** The functions of `host.answering()`; `null` until there is one. */
  #answerings: Answerings | null = null;
  readonly prototypes: Readonly<Record<ExtensionTarget, object>>;
  readonly #timeouts = new HandlerTimeouts();
  readonly #lifecycle: Lifecycle;
  /** The listener of clients' requests; `null` before there is one. */
  #listener: RequestListener | null = null;
  // Each server has subclasses of its own, so that its extensions are not members of another server's requests.
  readonly #requestClass = class extends PacketronRequest {};
  readonly #responseClass = class extends PacketronResponse {};
  readonly #routeClass = class extends PacketronRoute {};

  constructor(server: Packetron, lifecycle: Lifecycle) {
    this.server = server;
    this.#lifecycle = lifecycle;
    this.sharing = new Sharing(server.settings, lifecycle);
    this.settlement = new Settlement((error, request) =>
      server.reportError(error, "a listener of settled() failed", requestFields(request)),
    );
    // The socket of injected requests has no TLS; its connections only say that they are encrypted.
    this.injections = new Injections(server.settings, () =>
      this.#createListener({ ...server.settings, tls: undefined, sendTimeout: 0 }, (call) => {
        if (this.upgrades.isUsed) call();
      }),
    );
    const ignoreTrailingSlash = (server.settings.flags & PacketronServerFlags.IGNORE_TRAILING_SLASH) !== 0;
    const { resolvers } = this.registry;
    this.dispatcher = new Dispatcher(
      this.router,
      this.upgrades,
      resolvers,
      ignoreTrailingSlash,
      (error, request, response) => {
        restoreServer(server, request, response);
        if (response.trace) requestPoint.fail(response.trace, error);
        failRequest(error, request, response);
      },
    );
    for (const { prototype } of [this.#requestClass, this.#responseClass]) {
      Object.defineProperty(prototype, "server", { value: server });
    }
    this.prototypes = {
      server,
      route: this.#routeClass.prototype,
      request: this.#requestClass.prototype,
      response: this.#responseClass.prototype,
    };
  }

  /** Installs the capabilities. Then refuses flags and options that core and the capabilities do not know. */
  install(options: ServerOptions): void {
    installCapabilities(options.capabilities ?? [], this);
    const { accessLog } = this.server.settings;
    if (accessLog !== undefined) this.settlement.add(createAccessLog(this.server, accessLog, options.logger));
    this.registry.assertFlags("server", this.server.settings.flags);
    this.registry.assertFlags("handler", this.server.settings.defaultRouteFlags);
    assertServerOptions(options, this.registry.serverOptions);
  }

  addGate(order: number, gate: Gate, route?: PacketronRoute, name?: string): () => void {
    return (route ?? this.dispatcher.gates).addStep({ order, gate, name });
  }

  addAround(order: number, around: Around, route?: PacketronRoute): () => void {
    return (route ?? this.dispatcher.gates).addStep({ order, around });
  }

  addAnswering(change: Answering, route?: PacketronRoute): () => void {
    this.#answerings ??= this.#changeAnswers();
    return this.#answerings.add(change, route);
  }

  addUpgrade({ protocol, ...options }: UpgradeOptions, take: Take): PacketronRoute {
    if (!this.upgrades.isUsed) this.#noticeUpgrades();
    const route = this.createRoute({ ...options, handler: upgradeHandler(protocol, take) });
    this.upgrades.addFor(protocol, route);
    return route;
  }

  openChannel<Message>(name: string): Channel<Message> {
    return this.#lifecycle.openChannel(name);
  }

  /**
   * Makes a route without adding it to the router.
   *
   * @param hasDefaults Whether the route has the server's `defaultRouteFlags` and `handlerTimeout`. The routes of
   *   capabilities, such as served files, do not.
   */
  createRoute<Path extends string, Schema>(
    options: RouteOptions<Path, Schema>,
    hasDefaults = false,
  ): PacketronRoute {
    const { settings } = this.server;
    const route = createRoute(options, {
      registry: this.registry,
      settings,
      defaultFlags: hasDefaults ? settings.defaultRouteFlags : 0,
      defaultTimeout: hasDefaults ? settings.handlerTimeout : 0,
      timeouts: this.#timeouts,
      routeClass: this.#routeClass,
      remove: (removed) => {
        this.router.remove(removed);
        this.upgrades.remove(removed);
      },
    });
    for (const gate of bodyGates(route)) route.addStep(gate);
    return route;
  }

  /** Describes every route of the router. */
  describeRoutes(): RouteDescription[] {
    const { list } = this.dispatcher.gates;
    const routes = [...this.router.routes(), ...this.upgrades.routes()];
    return routes.map((route) => {
      const upgrade = this.upgrades.protocolOf(route);
      const description = describeRoute(route, list, this.registry);
      return upgrade === undefined ? description : { ...description, upgrade };
    });
  }

  /** The capabilities that look for a route when the router has no match, in the order in which they are asked. */
  get resolvers(): string[] {
    return this.registry.resolvers.map((find) => this.registry.ownerOf(find));
  }

  /** The requests that the listener of this process has not answered yet. */
  openRequests(): readonly PacketronRequest[] {
    return this.#listener?.openRequests() ?? [];
  }

  /** The processes of the program; `undefined` in a worker. */
  programStatus(): PrimaryStatus | undefined {
    return this.#lifecycle.status();
  }

  /** Makes the http(s) server of this process. */
  createListener(): HttpListener {
    // Only this listener waits for a first upgrade route: those of injected requests are short-lived, and would replace it.
    this.#listener = this.#createListener(this.server.settings, (call) => this.upgrades.whenUsed(call));
    return this.#listener;
  }

  /** Lets injected requests finish, at most for `timeoutMs`, and refuses all further ones. */
  closeInjections(timeoutMs: number): Promise<void> {
    return this.injections.close(timeoutMs);
  }

  #createListener(settings: ServerSettings, whenUpgradesUsed: (call: () => void) => void): RequestListener {
    return createHttpListener({
      settings,
      log: this.server.log,
      requestClass: this.#requestClass,
      responseClass: this.#responseClass,
      load: this.load,
      settlement: this.settlement,
      whenUpgradesUsed,
      dispatch: (request, response) => {
        if (requestPoint.isUsed || handlerPoint.isUsed) this.#trace(request, response);
        else this.dispatcher.dispatch(request, response);
      },
    });
  }

  #trace(request: PacketronRequest, response: PacketronResponse): void {
    const trace = new TracedRequest(request, response);
    this.settlement.trace(response, trace);
    trace.run(() => this.dispatcher.dispatch(request, response));
  }

  /** Prepares the responses of the server for functions that change answers. Without them, a response costs no more. */
  #changeAnswers(): Answerings {
    const { server } = this;
    const { prototype } = this.#responseClass;
    const answerings = new Answerings((error, request, response) =>
      server.failRequest(error, request, response),
    );
    prototype.answerings = answerings;
    overrideGetters(
      prototype,
      PacketronResponse.prototype,
      { headersSent: true, writableEnded: true },
      ({ answering }) => answering === AnsweringState.PENDING,
    );
    return answerings;
  }

  /**
   * Makes Node give up a connection only for requests that ask an upgrade route for its protocol. Node would do so for
   * every request with an Upgrade field, and a server may ignore the field (RFC 9110 section 7.8), as for `h2c` of curl.
   */
  #noticeUpgrades(): void {
    const { locator } = this.dispatcher;
    Object.defineProperty(this.#requestClass.prototype, "upgrade", {
      configurable: true,
      // Node sets the property before the headers, and reads it when the head is complete.
      get(this: PacketronRequest): boolean {
        return this.asksUpgrade && (this.method === "CONNECT" || locator.takesUpgrade(this));
      },
      set(this: PacketronRequest, value: unknown) {
        if (this.asksUpgrade !== (value === true)) this.asksUpgrade = value === true;
      },
    });
  }

  /** Runs the capabilities' hooks of a stage in the order of registration, `stopped` in reverse. Logs the address. */
  async run(stage: "starting" | "listening" | "stopped"): Promise<void> {
    const hooks = stage === "stopped" ? this.registry.lifecycle.toReversed() : this.registry.lifecycle;
    for (const hook of hooks) await hook[stage]?.();
    const address = this.server.address();
    if (stage !== "listening" || address === null || !this.server.isPrimary) return;
    logStartupLine(this.server.log, this.server.settings, address, this.registry.namesOf("server"));
  }

  /** Runs the capabilities' hooks of the stage `draining`. */
  draining(scope: DrainScope): void {
    for (const hook of this.registry.lifecycle) hook.draining?.(scope);
  }
}

/** Gives messages their server back. Express, as a plugin, replaces the prototypes, which have it as a property. */
function restoreServer(
  server: Packetron,
  ...messages: readonly { readonly server: Packetron | undefined }[]
): void {
  for (const message of messages)
    if (message.server === undefined) Object.defineProperty(message, "server", { value: server });
}
