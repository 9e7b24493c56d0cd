/** A group of routes with common options, as `server.group()` returns it. */
import type { Registry } from "../capability/registry.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import {
  assertKnownOptions,
  assertOptionsObject,
  coreGroupOptions,
  resolveRouteLimit,
  resolveRouteTimeout,
} from "../config/settings.ts";
import { optionError } from "../errors/errors.ts";
import { fromCaller, withSentence } from "../errors/misuse.ts";
import { parseRoutePath } from "../http/path.ts";
import type { GroupOptions, GroupRouteOptions } from "./group-options.ts";
import { joinPaths, mergeOptions, type NamedOptions } from "./merge-options.ts";
import type { PacketronRoute } from "./route.ts";
import type { SchemasOfRoute } from "./route-options.ts";

/** The server of a group. */
export interface GroupedServer {
  /** `server.handle()`. Programs may replace it, so groups look it up at each call. */
  handle(options: object): PacketronRoute;
}

/** The parts of a server that its groups read. */
export interface GroupContext {
  readonly server: GroupedServer;
  readonly registry: Registry;
  /** The routes of the server that are registered now. */
  readonly routes: () => Iterable<PacketronRoute>;
}

/** What a group passes on to the groups inside it. */
interface Scope {
  readonly prefix: string;
  /** The options of the group, merged with those of the groups around it. */
  readonly defaults: NamedOptions;
  readonly outer: Scope | null;
}

/** The innermost scope of each route of a group. A list of routes in the group would keep removed routes alive. */
const scopes = new WeakMap<PacketronRoute, Scope>();

/**
 * Routes with common options. The options are defaults: they are merged with the options of each route when it is
 * registered, and the route is the same as one with the merged options.
 *
 * Prefixes and paths are joined, flags are or-ed, and arrays such as `plugins` become one, those of the outer group first.
 * Of any other option the inner value wins. `null` clears an option of the outer group; only with
 * `maxRequestSizeInBytes` it means unlimited, as everywhere.
 *
 * @typeParam Prefix The prefixes of the group, joined.
 * @typeParam GroupSchema The schemas of routes that have none of their own.
 * @example
 * const api = server.group({ prefix: "v1", flags: PacketronHandlerFlags.JSON_BODY });
 * const shop = api.group({ prefix: "shops/:shop", plugins: [auth] });
 * shop.handle({ routePath: "orders/:id", handler: ({ params }, response) => response.sendJson([params.shop, params.id]) });
 */
export class RouteGroup<Prefix extends string = string, GroupSchema extends SchemasOfRoute = SchemasOfRoute> {
  readonly #context: GroupContext;
  readonly #scope: Scope;

  /** @internal */
  constructor(options: GroupOptions, context: GroupContext, outer: Scope | null = null) {
    assertOptionsObject(options, '{ prefix: "v1" }');
    const { prefix = "", ...own } = options;
    if (typeof prefix !== "string") throw optionError("prefix", prefix, 'a path such as "v1"');
    this.#context = context;
    this.#scope = {
      prefix: `/${joinPaths(outer?.prefix ?? "", joinPaths(prefix, ""))}`,
      defaults: mergeOptions(outer?.defaults ?? {}, own),
      outer,
    };
    try {
      this.#assertOptions(options, prefix);
    } catch (error) {
      throw withSentence(error, `The options are those of ${this}.`);
    }
  }

  /** The prefixes of this group and of the groups around it, joined, with a leading slash: `"/v1/shops/:shop"`. */
  get prefix(): string {
    return this.#scope.prefix;
  }

  /**
   * Registers a route of this group: calls `server.handle()` with the merged options.
   *
   * @returns The route, with a method `remove()`.
   * @throws The errors of `server.handle()`. The message names the group.
   * @example
   * api.handle({ routePath: "status", plugins: null, handler: (request, response) => response.sendOk() });
   */
  handle<const Path extends string, Schema extends SchemasOfRoute = GroupSchema>(
    options: GroupRouteOptions<Prefix, Path, Schema>,
  ): PacketronRoute {
    return fromCaller(this.handle, () => {
      try {
        return this.#handle(options);
      } catch (error) {
        throw withSentence(error, `The route is in ${this}.`);
      }
    });
  }

  /**
   * Makes a group inside this group.
   *
   * @throws The errors of `server.group()`.
   * @example
   * const admin = api.group({ prefix: "admin", plugins: [auth] });
   */
  group<const Inner extends string = "", Schema extends SchemasOfRoute = GroupSchema>(
    options: GroupOptions<Inner, Schema>,
  ): RouteGroup<`${Prefix}/${Inner}`, Schema> {
    return fromCaller(this.group, () => new RouteGroup(options, this.#context, this.#scope));
  }

  /**
   * Removes the routes of this group and of the groups inside it. Requests in flight finish, and the group can register
   * routes again.
   *
   * @example
   * beta.remove(); // from now on 404
   */
  remove(): void {
    for (const route of [...this.#context.routes()]) if (this.#hasRoute(route)) route.remove();
  }

  /** `the group "/v1"`, for messages. */
  toString(): string {
    return this.prefix === "/" ? "a group without a prefix" : `the group ${JSON.stringify(this.prefix)}`;
  }

  #handle(options: { readonly routePath: unknown }): PacketronRoute {
    assertOptionsObject(options, '{ routePath: "a", handler }');
    const { routePath, ...own } = options;
    const path = typeof routePath === "string" ? joinPaths(this.prefix, routePath) : routePath;
    const route = this.#context.server.handle({
      routePath: path,
      ...mergeOptions(this.#scope.defaults, own),
    });
    scopes.set(route, this.#scope);
    return route;
  }

  #hasRoute(route: PacketronRoute): boolean {
    for (let scope = scopes.get(route) ?? null; scope !== null; scope = scope.outer)
      if (scope === this.#scope) return true;
    return false;
  }

  /** Checks what can be checked without a route. Capabilities check their options when a route is registered. */
  #assertOptions(options: GroupOptions, prefix: string): void {
    const { registry } = this.#context;
    assertKnownOptions("group", options, coreGroupOptions, registry.routeOptions);
    registry.assertFlags("handler", options.flags ?? 0);
    const exact = (Number(this.#scope.defaults["flags"] ?? 0) & PacketronHandlerFlags.EXACT_PATH) !== 0;
    parseRoutePath(prefix, exact, "prefix");
    resolveRouteLimit(options.maxRequestSizeInBytes);
    resolveRouteTimeout(options.handlerTimeout ?? undefined);
  }
}
