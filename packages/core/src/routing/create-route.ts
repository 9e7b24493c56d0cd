/** Makes a route from the options of `handle()`, after every check that is possible before the first request. */

import type { Registry } from "../capability/registry.ts";
import { PacketronHandlerFlags, PacketronServerFlags } from "../config/flags.ts";
import type { ServerSettings } from "../config/options.ts";
import {
  assertKnownOptions,
  assertOptionsObject,
  coreRouteOptions,
  resolveRouteLimit,
  resolveRouteTimeout,
} from "../config/settings.ts";
import { coreError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { methodNames, PacketronRequestMethod, type RequestMethod } from "../http/methods.ts";
import { parseRoutePath, withoutTrailingSlash } from "../http/path.ts";
import { currentRuntime } from "../node/runtime.ts";
import type { HandlerTimeouts } from "./handler-timeout.ts";
import { sendReturned } from "./return-value.ts";
import type { PacketronRoute } from "./route.ts";
import type { RouteOptions } from "./route-options.ts";

/** The members of a server with which `createRoute()` makes a route. */
export interface RouteContext {
  readonly registry: Registry;
  readonly settings: ServerSettings;
  /** The bits that the route has beside its own `flags`. */
  readonly defaultFlags: number;
  /** The `handlerTimeout` of a route that has none of its own, in milliseconds; 0 for none. */
  readonly defaultTimeout: number;
  readonly timeouts: HandlerTimeouts;
  readonly routeClass: typeof PacketronRoute;
  readonly remove: (route: PacketronRoute) => void;
}

/**
 * Checks the options, makes the route, and calls the reader of each option that a capability has claimed. A reader may
 * add a gate.
 *
 * @throws PKT_ROUTE_PATH, PKT_ROUTE_HANDLER, PKT_ROUTE_METHOD, PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN,
 *   PKT_FLAG_UNKNOWN, PKT_FLAG_UNCLAIMED, PKT_ROUTE_RUNTIME
 */
export function createRoute<Path extends string, Schema>(
  options: RouteOptions<Path, Schema>,
  context: RouteContext,
): PacketronRoute {
  const { registry, settings } = context;
  assertOptionsObject(options, '{ routePath: "a", handler }');
  // Before the path and the handler, which are missing when a program writes { path, callback }.
  assertKnownOptions("route", options, coreRouteOptions, registry.routeOptions);
  const { handler, flags: ownFlags = 0, method = PacketronRequestMethod.GET } = options;
  registry.assertFlags("handler", ownFlags);
  const flags = registry.withImpliedFlags(options, ownFlags | context.defaultFlags);
  const parsed = parseRoutePath(options.routePath, (flags & PacketronHandlerFlags.EXACT_PATH) !== 0);
  const slashless = (settings.flags & PacketronServerFlags.IGNORE_TRAILING_SLASH) !== 0;
  const { text, pattern } = slashless ? withoutTrailingSlash(parsed) : parsed;
  assertMethod(method, text);
  if (typeof handler !== "function")
    throw coreError("PKT_ROUTE_HANDLER", { path: text, received: showValue(handler) });
  const bodyParsers = registry.bodyParsersOf(flags);
  const ownLimit = resolveRouteLimit(options.maxRequestSizeInBytes);
  const raw = (flags & PacketronHandlerFlags.RAW_BODY) !== 0;
  if (raw || bodyParsers.length > 0) assertBodies(text);
  const buffered = raw || bodyParsers.some((parser) => parser.form !== "stream");
  const timeout = resolveRouteTimeout(options.handlerTimeout) ?? context.defaultTimeout;
  const claimed = [...registry.routeOptions].flatMap(
    ([
      key,
      {
        value: { read },
      },
    ]) => {
      const value: unknown = Reflect.get(options, key);
      return value === undefined ? [] : [{ key, value, read }];
    },
  );
  const route = new context.routeClass({
    method,
    path: text,
    pattern,
    flags,
    handler: (flags & PacketronHandlerFlags.SEND_RETURN_VALUE) === 0 ? handler : sendReturned(handler),
    bodyParsers,
    bodyLimit: ownLimit ?? (buffered ? settings.defaultBodyLimit : Number.POSITIVE_INFINITY),
    streamLimit: ownLimit ?? Number.POSITIVE_INFINITY,
    options: Object.fromEntries(claimed.map(({ key, value }) => [key, value])),
    remove: context.remove,
    limit: timeout === 0 ? undefined : (run) => context.timeouts.limit(timeout, run),
  });
  for (const { value, read } of claimed) read(value, route);
  return route;
}

/** Refuses a route that reads bodies on Deno, whose requests are complete before core reads them. */
function assertBodies(path: string): void {
  if (currentRuntime() === "deno") throw coreError("PKT_ROUTE_RUNTIME", { path });
}

function assertMethod(method: unknown, path: string): asserts method is RequestMethod {
  const known = Number.isInteger(method) && methodNames[Number(method)] !== undefined;
  if (known) return;
  const named = methodNames.find((name) => name === String(method).toUpperCase()) ?? "GET";
  throw coreError("PKT_ROUTE_METHOD", { path, received: showValue(method), example: named });
}
