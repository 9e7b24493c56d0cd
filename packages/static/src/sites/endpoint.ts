/** The common base of served directories and single files: creates the routes of files, and caches their metadata. */
import type {
  CapabilityHost,
  EndpointOptions,
  PacketronRequest,
  PacketronResponse,
  PacketronRoute,
  RouteOptions,
} from "@packetron/core";
import {
  assertFlags,
  route as createRoute,
  isPacketronError,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
} from "@packetron/core/capability";
import type { FileSender } from "../answers/file-sender.ts";
import type { ServedFile } from "../files/served-file.ts";
import { StatCache } from "../files/stat-cache.ts";
import type { ServingOptions, StaticSettings } from "../options.ts";
import { readSetHeaders } from "../read-options.ts";

/** The objects that all served directories and files of one server share. */
export interface EndpointContext {
  readonly host: CapabilityHost;
  readonly settings: StaticSettings;
  readonly sender: FileSender;
}

/** A file, `null` for none, or a promise of either. */
export type Found = ServedFile | null | Promise<ServedFile | null>;

/**
 * Route options that keep no counter for each file. With only these options, all files share one route. So a plugin
 * that is removed from the route, or gets another priority there, changes for all files at once.
 */
const SHARED_OPTIONS = ["maxRequestSizeInBytes", "plugins", "compress", "cors", "metrics", "securityHeaders"];

/**
 * How many files of a directory can have their own route at the same time. Beyond this number, the oldest route is
 * dropped with its counters, such as the counter of a rate limit.
 */
const MAX_ROUTES = 65_536;

/**
 * The routes of a directory's files. With options such as a rate limit, each file has its own route with its own
 * counters. Otherwise all files share one route.
 */
export class Endpoint {
  /** The path of the route as core compiles it: decoded, with a leading slash. */
  readonly path: string;
  readonly #context: EndpointContext;
  readonly #options: Omit<RouteOptions, "routePath">;
  readonly #shared: PacketronRoute | null;
  readonly #routes: Map<string, PacketronRoute> = new Map();
  readonly #files: StatCache<ServedFile>;

  /**
   * @param routePath The path of the route. Core checks it, and all options, when it compiles a route.
   * @param find Returns the file for a request's path.
   * @param varies The request header on which the choice of the file depends, for `Vary`; `null` for none.
   */
  constructor(
    context: EndpointContext,
    routePath: string,
    options: ServingOptions,
    find: (path: string) => Found,
    varies: string | null = null,
  ) {
    const { host, settings, sender } = context;
    const { flags = 0, setHeaders, ...rest } = withoutDescription(options);
    const setOwnHeaders = readSetHeaders(setHeaders);
    assertFlags(host, "file", flags);
    this.#context = context;
    this.#options = {
      ...rest,
      flags: PacketronHandlerFlags.EXACT_PATH | localPluginsFlag(host, flags),
      handler: (request: PacketronRequest, response: PacketronResponse) =>
        sender.answer(request, response, find, { setHeaders: setOwnHeaders, varies }),
    };
    const template = createRoute(host, { ...this.#options, routePath });
    this.path = template.path;
    const unshared = Object.entries(rest).some(
      ([name, value]) => value !== undefined && value !== null && !SHARED_OPTIONS.includes(name),
    );
    this.#shared = unshared ? null : template;
    const limits = { maxAge: settings.revalidateAfter, entries: settings.cacheEntries };
    this.#files = new StatCache(limits, (file, successor) => sender.release(file, successor));
  }

  /** Returns the file for a path from the cache. If its last check is too old, `look` checks the file on disk again. */
  look(path: string, look: (old: ServedFile | null) => Promise<ServedFile | null>): Found {
    return this.#files.get(path, look);
  }

  /** Returns the route of a file that exists. */
  routeOf(path: string): PacketronRoute {
    if (this.#shared !== null) return this.#shared;
    const known = this.#routes.get(path);
    if (known !== undefined) return known;
    const routePath = path.split("/").map(encodeURIComponent).join("/");
    const route = createRoute(this.#context.host, { ...this.#options, routePath });
    this.#routes.set(path, route);
    const [oldest] = this.#routes.size > MAX_ROUTES ? this.#routes.keys() : [];
    if (oldest !== undefined) this.#routes.delete(oldest);
    return route;
  }

  /** Forgets all files and their routes. */
  close(): void {
    this.#files.clear();
    this.#routes.clear();
  }
}

/** Returns the options without those for the headers of files, which `readDescription()` reads. */
function withoutDescription({
  cacheControl: _cacheControl,
  maxAge: _maxAge,
  immutable: _immutable,
  etag: _etag,
  lastModified: _lastModified,
  acceptRanges: _acceptRanges,
  ...rest
}: ServingOptions): Pick<ServingOptions, "flags" | "setHeaders"> & EndpointOptions {
  return rest;
}

/**
 * Returns the handler flag that skips global plugins, if the file flag LOCAL_PLUGINS_ONLY is set. Returns 0 if no
 * capability (extension of the server) supports the handler flag, because there are no global plugins to skip.
 */
function localPluginsFlag(host: CapabilityHost, flags: number): number {
  if ((flags & PacketronFileRouterFlags.LOCAL_PLUGINS_ONLY) === 0) return 0;
  try {
    assertFlags(host, "handler", PacketronHandlerFlags.LOCAL_PLUGINS_ONLY);
    return PacketronHandlerFlags.LOCAL_PLUGINS_ONLY;
  } catch (error) {
    if (isPacketronError(error, "PKT_FLAG_UNCLAIMED")) return 0;
    throw error;
  }
}
