/** Finds the route of a request by its canonical path: in the router, then with the resolvers of the capabilities. */
import type { Resolver } from "../capability/contract.ts";
import { methodIndex, methodNames, PacketronRequestMethod } from "../http/methods.ts";
import { canonicalPath, UNREACHABLE } from "../http/path.ts";
import { refuseMalformed } from "../message/refuse-malformed.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { ParamSink, Router } from "../routing/router.ts";
import type { UpgradeRequest, UpgradeRoutes } from "../routing/upgrade-routes.ts";

/** A route, or `undefined` without a match; a promise of either when a resolver works asynchronously. */
type LookUp = ReturnType<Resolver>;

/** The routes of one path by the names of their methods. HEAD has the route of GET, unless it has its own. */
export type RoutesOfPath = ReadonlyMap<string, PacketronRoute>;

/** The result of {@link RouteLocator.locate} for a malformed URL, after `locate()` has answered with 400. */
export const REFUSED = "refused";

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** Looks up the routes of one server. */
export class RouteLocator {
  readonly #router: Router;
  readonly #resolvers: readonly Resolver[];
  readonly #upgrades: UpgradeRoutes;
  readonly #ignoreTrailingSlash: boolean;

  constructor(
    router: Router,
    upgrades: UpgradeRoutes,
    resolvers: readonly Resolver[],
    ignoreTrailingSlash: boolean,
  ) {
    this.#router = router;
    this.#upgrades = upgrades;
    this.#resolvers = resolvers;
    this.#ignoreTrailingSlash = ignoreTrailingSlash;
  }

  /** Sets path, route and parameters of a request. Returns a promise when a resolver works asynchronously. */
  locate(request: PacketronRequest, response: PacketronResponse): undefined | typeof REFUSED | Promise<void> {
    const path = canonicalPath(request.url ?? "");
    request.routedUrl = request.url;
    request.route = null;
    request.params = NO_PARAMS;
    if (path === null) {
      // OPTIONS *, RFC 9110 section 9.3.7; validate-head.ts refuses "*" with other methods
      if (request.url !== "*") {
        refuseMalformed(response, 400);
        return REFUSED;
      }
      request.path = "*";
      return undefined;
    }
    request.path = this.#routed(path);
    const found = this.#find(methodIndex(request.method), request.path, request, request);
    if (found instanceof Promise) {
      return found.then((route) => {
        request.route = route ?? null;
      });
    }
    request.route = found ?? null;
    return undefined;
  }

  /** Whether a request asks the upgrade route of its path for the protocol of that route. */
  takesUpgrade(request: UpgradeRequest & { readonly url?: string | undefined }): boolean {
    const path = canonicalPath(request.url ?? "");
    return path !== null && path !== UNREACHABLE && this.#upgrades.takes(request, this.#routed(path));
  }

  /** The path by which a route is looked up. */
  #routed(path: string): string {
    return this.#ignoreTrailingSlash && path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  }

  /** The names of the methods for which the path of a located request has a route; with OPTIONS, if there are any. */
  methodsOf(request: PacketronRequest): string[] | Promise<string[]> {
    const routes = this.routesOf(request);
    return routes instanceof Promise ? routes.then(namesOfMethods) : namesOfMethods(routes);
  }

  /** The routes of the path of a located request by the names of their methods; none for `OPTIONS *`. */
  routesOf(request: PacketronRequest): RoutesOfPath | Promise<RoutesOfPath> {
    if (request.path === "*") return new Map();
    const unused: ParamSink = { params: NO_PARAMS };
    const found = methodNames.map((_, method) => this.#find(method, request.path, unused, request));
    return found.some((route) => route instanceof Promise)
      ? Promise.all(found).then(byMethod)
      : byMethod(found);
  }

  #find(method: number, path: string, sink: ParamSink, request: PacketronRequest): LookUp {
    if (path === UNREACHABLE) return undefined;
    if (request.handOver !== undefined) {
      const upgrade = this.#upgrades.find(method, path, sink);
      if (upgrade !== undefined) return upgrade;
    }
    const own = this.#router.find(method, path, sink) ?? this.#findRest(method, path, sink);
    const route = own ?? (this.#upgrades.isUsed ? this.#upgrades.find(method, path, sink) : undefined);
    return route ?? (this.#resolvers.length === 0 ? undefined : this.#resolve(method, path, request));
  }

  /** Finds the route `files/*` for `/files`, when trailing slashes are ignored: `files/*` matches `/files/`. */
  #findRest(method: number, path: string, sink: ParamSink): PacketronRoute | undefined {
    return this.#ignoreTrailingSlash && path !== "/"
      ? this.#router.find(method, `${path}/`, sink)
      : undefined;
  }

  #resolve(method: number, path: string, request: PacketronRequest, first = 0): LookUp {
    for (let index = first; index < this.#resolvers.length; index++) {
      const route = this.#resolvers[index]?.(method, path, request);
      if (route instanceof Promise)
        return route.then((found) => found ?? this.#resolve(method, path, request, index + 1));
      if (route !== undefined) return route;
    }
    return method === PacketronRequestMethod.HEAD
      ? this.#resolve(PacketronRequestMethod.GET, path, request)
      : undefined;
  }
}

/** The routes by the names of their methods, in the order of `methodNames`. */
function byMethod(found: readonly LookUp[]): RoutesOfPath {
  const routes = new Map<string, PacketronRoute>();
  for (const [method, name] of methodNames.entries()) {
    const route = found[method];
    if (route !== undefined && !(route instanceof Promise)) routes.set(name, route);
  }
  return routes;
}

/** The names of the methods that have a route; with OPTIONS, which core answers itself. */
function namesOfMethods(routes: RoutesOfPath): string[] {
  const allowed = [...routes.keys()];
  return allowed.length === 0 || allowed.includes("OPTIONS") ? allowed : [...allowed, "OPTIONS"];
}
