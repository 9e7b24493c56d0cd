/** Finds the route of a method and a canonical path: in the map of exact paths first, then in the tree of patterns. */
import { methodNames, PacketronRequestMethod } from "../http/methods.ts";
import { PatternTree } from "./pattern-tree.ts";
import type { PacketronRoute } from "./route.ts";

/** An object, such as a request, in which the router stores the values of `:name` and `*` of the path. */
export interface ParamSink {
  params: Readonly<Record<string, string>>;
}

const { GET, HEAD } = PacketronRequestMethod;

/** The routes of one server. */
export class Router {
  readonly #exact: readonly Map<string, PacketronRoute>[] = methodNames.map(() => new Map());
  readonly #patterns: PatternTree[] = methodNames.map(() => new PatternTree());

  /** Adds a route. Returns the earlier route with the same method and path, which the new route replaces. */
  add(route: PacketronRoute): PacketronRoute | undefined {
    if (route.pattern !== null) return this.#patterns[route.method]?.add(route.pattern, route);
    const routes = this.#exact[route.method];
    const replaced = routes?.get(route.path);
    routes?.set(route.path, route);
    return replaced;
  }

  /** Removes a route, unless another one has replaced it. */
  remove(route: PacketronRoute): void {
    if (route.pattern !== null) {
      this.#patterns[route.method]?.remove(route.pattern, route);
    } else if (this.#exact[route.method]?.get(route.path) === route) {
      this.#exact[route.method]?.delete(route.path);
    }
  }

  /** Finds a route; sets `sink.params` when its path is a pattern. HEAD falls back to GET, RFC 9110 section 9.3.2. */
  find(method: number, path: string, sink: ParamSink): PacketronRoute | undefined {
    const route = this.#exact[method]?.get(path) ?? this.#patterns[method]?.find(path, sink);
    return route === undefined && method === HEAD ? this.find(GET, path, sink) : route;
  }

  /** Every route, exact ones first. */
  *routes(): IterableIterator<PacketronRoute> {
    for (const routes of this.#exact) yield* routes.values();
    for (const tree of this.#patterns) yield* tree.routes();
  }
}
