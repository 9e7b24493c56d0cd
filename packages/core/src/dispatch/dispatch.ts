/**
 * Dispatches a request: locates its route, runs the gates of the server, then the gates and the handler of the route.
 * Decisions that do not depend on the request are made when gates and routes are registered.
 */
import { type Around, type Gate, GateOrder, type Resolver } from "../capability/contract.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { isThenable } from "../node/thenable.ts";
import type { Step } from "../routing/compose.ts";
import { GateChain, type OrderedAround, type OrderedGate, type ToSteps } from "../routing/gate-chain.ts";
import type { Handler } from "../routing/route-options.ts";
import type { Router } from "../routing/router.ts";
import type { UpgradeRoutes } from "../routing/upgrade-routes.ts";
import { NoRouteHandler } from "./no-route.ts";
import { REFUSED, RouteLocator } from "./route-locator.ts";
import { noteReturned } from "./unsent-value.ts";

/** Answers a request whose gate or handler has failed; never throws. */
type Fail = (error: unknown, request: PacketronRequest, response: PacketronResponse) => void;

/** Dispatches the requests of one server. */
export class Dispatcher {
  /** Answers requests without a route. */
  readonly noRoute: NoRouteHandler;
  /** Finds the routes of requests. */
  readonly locator: RouteLocator;
  /** The gates of the server, which every request passes. */
  readonly gates: GateChain;
  readonly #fail: Fail;

  constructor(
    router: Router,
    upgrades: UpgradeRoutes,
    resolvers: readonly Resolver[],
    ignoreTrailingSlash: boolean,
    fail: Fail,
  ) {
    this.#fail = fail;
    const locator = new RouteLocator(router, upgrades, resolvers, ignoreTrailingSlash);
    this.locator = locator;
    const noRoute = new NoRouteHandler(locator);
    this.noRoute = noRoute;
    const answer: Handler = (request, response) => {
      const { route } = request;
      if (route === null) return noRoute.handle(request, response);
      return response.trace ? route.tracedRun(request, response) : route.run(request, response);
    };
    const locate = located(locator, () => undefined);
    const toSteps: ToSteps = (list) =>
      list.flatMap((step): Step | Step[] =>
        "gate" in step
          ? located(locator, skippedByLocalRoutes(step))
          : [locate, { around: aroundOfAll(step) }],
      );
    this.gates = new GateChain(located(locator, answer), toSteps);
  }

  /** Answers one request; never throws. */
  dispatch(request: PacketronRequest, response: PacketronResponse): void {
    request.response = response;
    if (response.answerings) response.answerings.guard(response); // for the functions of the server
    try {
      const result = this.gates.run(request, response);
      // Most handlers return nothing, so this comparison saves the call of isThenable().
      if (result === undefined) return;
      if (!isThenable(result)) return noteReturned(result, request, response);
      result.then(
        (value) => value === undefined || noteReturned(value, request, response),
        (error: unknown) => this.#fail(error, request, response),
      );
    } catch (error) {
      this.#fail(error, request, response);
    }
  }
}

/**
 * Wraps a step (a gate or the handler): finds the route before the first step, and again when a gate has changed the
 * URL. So each gate sees the path that will be answered; else a changed URL would bypass the gates that follow.
 */
function located(locator: RouteLocator, step: Handler): Handler {
  return function locateFirst(request, response) {
    if (request.url === request.routedUrl) return step(request, response);
    const result = locator.locate(request, response);
    if (result === REFUSED) return true;
    return result === undefined ? proceed(request, response) : result.then(() => proceed(request, response));
  };
  function proceed(request: PacketronRequest, response: PacketronResponse): unknown {
    if (response.answerings) response.answerings.guard(response); // for the functions of the route
    return step(request, response);
  }
}

/**
 * Returns a gate of the server unchanged, unless its order is GLOBAL_PLUGINS. Such a gate is wrapped, so that it is
 * skipped for requests whose route has the flag LOCAL_PLUGINS_ONLY.
 */
function skippedByLocalRoutes({ order, gate }: OrderedGate): Gate {
  if (order !== GateOrder.GLOBAL_PLUGINS) return gate;
  return (request, response) => (isLocal(request) ? undefined : gate(request, response));
}

/** The same for an around: local routes run the rest without it. */
function aroundOfAll({ order, around }: OrderedAround): Around {
  if (order !== GateOrder.GLOBAL_PLUGINS) return around;
  return (request, response, next) => (isLocal(request) ? next() : around(request, response, next));
}

function isLocal({ route }: PacketronRequest): boolean {
  return route !== null && (route.flags & PacketronHandlerFlags.LOCAL_PLUGINS_ONLY) !== 0;
}
