/** What served directories and single files share: the route of each file, and the look at it. */
import {
  type CapabilityHost,
  type EndpointOptions,
  isPacketronError,
  optionError,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  type PacketronRequest,
  type PacketronResponse,
  type PacketronRoute,
  type RouteOptions,
} from "@packetron/core";
import type { FileSender } from "../answers/file-sender.ts";
import type { ServedFile } from "../files/served-file.ts";
import { StatCache } from "../files/stat-cache.ts";
import type { ServingOptions, StaticSettings } from "../options.ts";
import { readSetHeaders } from "../read-options.ts";

/** What endpoints need of the server that they belong to. */
export interface EndpointContext {
  readonly host: CapabilityHost;
  readonly settings: StaticSettings;
  readonly sender: FileSender;
}

/** A file, none, or a promise of either. */
export type Found = ServedFile | null | Promise<ServedFile | null>;

/** Options of core's routes that a file decides by itself. */
const OWN_OPTIONS = ["method", "handler", "routePath"];

/**
 * Options that count nothing, so that all files can share one route. A plugin that is removed or gets another priority
 * is so for files without a request so far, too.
 */
const SHARED_OPTIONS = ["maxRequestSizeInBytes", "plugins"];

/** Files with a route of their own that are remembered; a rate limit starts anew for one that was forgotten. */
const MAX_ROUTES = 65_536;

/**
 * The routes of a directory's files. Each file is an endpoint of its own, with its own counters, once an option asks for
 * something; without options they share one route.
 */
export class Endpoint {
  /** The canonical path that the route has. */
  readonly path: string;
  readonly #context: EndpointContext;
  readonly #options: Omit<RouteOptions, "routePath">;
  readonly #shared: PacketronRoute | null;
  readonly #routes: Map<string, PacketronRoute> = new Map();
  readonly #files: StatCache<ServedFile>;

  /**
   * @param routePath Checked, like all options, by compiling a route.
   * @param find Gives the file of a request's path.
   * @param varies A header of the request on which it depends whether the file is the answer.
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
    const own = Object.entries(rest).find(
      ([name, value]) => OWN_OPTIONS.includes(name) && value !== undefined,
    );
    if (own !== undefined)
      throw optionError(own[0], own[1], "no such option: a served file answers by itself");
    host.assertFlags("file", flags);
    this.#context = context;
    this.#options = {
      ...rest,
      flags: PacketronHandlerFlags.EXACT_PATH | localPluginsFlag(host, flags),
      handler: (request: PacketronRequest, response: PacketronResponse) =>
        sender.answer(request, response, find, { setHeaders: setOwnHeaders, varies }),
    };
    const template = host.route({ ...this.#options, routePath });
    this.path = template.path;
    const unshared = Object.entries(rest).some(
      ([name, value]) => value !== undefined && value !== null && !SHARED_OPTIONS.includes(name),
    );
    this.#shared = unshared ? null : template;
    const limits = { maxAge: settings.revalidateAfter, entries: settings.cacheEntries };
    this.#files = new StatCache(limits, (file, successor) => sender.release(file, successor));
  }

  /** The file of a path, looked at again when the last look is too old. */
  look(path: string, look: (old: ServedFile | null) => Promise<ServedFile | null>): Found {
    return this.#files.get(path, look);
  }

  /** The route of a file that is there. */
  routeOf(path: string): PacketronRoute {
    if (this.#shared !== null) return this.#shared;
    const known = this.#routes.get(path);
    if (known !== undefined) return known;
    const routePath = path.split("/").map(encodeURIComponent).join("/");
    const route = this.#context.host.route({ ...this.#options, routePath });
    this.#routes.set(path, route);
    const [oldest] = this.#routes.size > MAX_ROUTES ? this.#routes.keys() : [];
    if (oldest !== undefined) this.#routes.delete(oldest);
    return route;
  }

  /** Lets go of everything that was cached. */
  close(): void {
    this.#files.clear();
    this.#routes.clear();
  }
}

/** The options but for those that the look at a file reads. */
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

/** The bit for core's dispatcher, where the package of the plugins has claimed it; without it there are none to skip. */
function localPluginsFlag(host: CapabilityHost, flags: number): number {
  if ((flags & PacketronFileRouterFlags.LOCAL_PLUGINS_ONLY) === 0) return 0;
  try {
    host.assertFlags("handler", PacketronHandlerFlags.LOCAL_PLUGINS_ONLY);
    return PacketronHandlerFlags.LOCAL_PLUGINS_ONLY;
  } catch (error) {
    if (isPacketronError(error, "PKT_FLAG_UNCLAIMED")) return 0;
    throw error;
  }
}
