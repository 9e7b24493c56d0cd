/** A directory that is served under a prefix. */
import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  PacketronFileRouterFlags,
  type PacketronRequest,
  type PacketronRoute,
  PacketronServerFlags,
} from "@packetron/core";
import { orMissing } from "../files/open.ts";
import { type LookOptions, lookAtFile, type ServedFile } from "../files/served-file.ts";
import { StatCache } from "../files/stat-cache.ts";
import { wantsPage } from "../http/accept.ts";
import type { ServeOptions, ServingOptions } from "../options.ts";
import {
  assertPath,
  assertPrefix,
  type Fallback,
  readDescription,
  readExtensions,
  readFallback,
  readIndex,
} from "../read-options.ts";
import { Endpoint, type EndpointContext, type Found } from "./endpoint.ts";
import { type FlatIndex, readFlatIndex } from "./flat-index.ts";

const { NON_RECURSIVE, NO_DIRECTORY_STRUCTURE, SERVE_DOTFILES } = PacketronFileRouterFlags;

/** Longer paths do not exist on any system. They are neither checked nor remembered. */
const LONGEST_PATH = 4_096;

/**
 * Names that Windows reads as another name: streams of a file, and names with trailing dots or spaces, which it
 * removes.
 */
const AMBIGUOUS_ON_WINDOWS = /[:<>"|?*]|[. ](?:\/|$)/;

/** The directory of files for programs, such as certificate authorities (RFC 8615). */
const WELL_KNOWN = ".well-known/";

/** A file that may answer a path. */
interface Candidate {
  /** The path relative to the directory, with slashes. */
  readonly name: string;
  /** Whether it is the index of its directory. */
  readonly isIndex: boolean;
}

/** The file that answers when no other file has the path. */
interface ServedFallback extends Fallback {
  /** The path of URLs at which the file is served. */
  readonly path: string;
  readonly endpoint: Endpoint;
}

/** The directory of one `serve()` call. Files are checked when they are requested, so the start takes no time. */
export class ServedDirectory {
  /** The absolute path, resolved at registration. */
  readonly directory: string;
  /** The canonical prefix: `""` for the root, else such as `"/static"`. */
  readonly prefix: string;
  readonly #context: EndpointContext;
  readonly #flags: number;
  readonly #lookOptions: Omit<LookOptions, "root">;
  readonly #index: readonly string[];
  readonly #extensions: readonly string[];
  readonly #endpoint: Endpoint;
  readonly #fallback: ServedFallback | null;
  readonly #flat: StatCache<FlatIndex>;
  #hasWarned = false;

  constructor(context: EndpointContext, options: ServeOptions) {
    const { directory, pathPrefix = "", ...rest } = options;
    const endpoint = withoutNames(rest);
    assertPath("directory", directory);
    assertPrefix(pathPrefix);
    this.directory = resolve(directory);
    this.#context = context;
    this.#flags = endpoint.flags ?? 0;
    const trimmed = pathPrefix.replace(/^\/|\/$/g, "");
    const routePath = trimmed === "" ? "/*" : `/${trimmed}/*`;
    this.#endpoint = new Endpoint(context, routePath, endpoint, (path) => this.#look(path));
    this.prefix = this.#endpoint.path.slice(0, -"/*".length);
    const { settings } = context;
    this.#flat = new StatCache({ maxAge: settings.revalidateAfter, entries: 1 }, () => undefined);
    this.#lookOptions = {
      ...readDescription(endpoint),
      precompressed: true,
    };
    this.#index = readIndex(options);
    this.#extensions = readExtensions(options);
    this.#fallback = this.#readFallback(options, endpoint);
  }

  /** Returns the route for a path, if the directory has such a file. */
  find(path: string): PacketronRoute | undefined | Promise<PacketronRoute | undefined> {
    if (!this.#isBelow(path)) return undefined;
    const file = this.#look(path);
    if (file instanceof Promise)
      return file.then((found) => (found === null ? undefined : this.#endpoint.routeOf(path)));
    return file === null ? undefined : this.#endpoint.routeOf(path);
  }

  /** Returns the route of the fallback, if it may answer the request. */
  findFallback(
    path: string,
    request: PacketronRequest,
  ): PacketronRoute | undefined | Promise<PacketronRoute | undefined> {
    const fallback = this.#fallback;
    if (fallback === null || !this.#isBelow(path) || /\/\./.test(path) || fallback.isIgnored(path))
      return undefined;
    if (!wantsPage(request.method, path, this.#context.host.field(request, "accept"))) return undefined;
    const toRoute = (file: ServedFile | null): PacketronRoute | undefined =>
      file === null ? undefined : fallback.endpoint.routeOf(fallback.path);
    const file = this.#look(fallback.path);
    return file instanceof Promise ? file.then(toRoute) : toRoute(file);
  }

  /** The path of the fallback on disk; `null` without a fallback, or when only a walk through the tree can find it. */
  get fallbackFile(): string | null {
    if (this.#fallback === null || this.#has(NO_DIRECTORY_STRUCTURE)) return null;
    return join(this.directory, this.#fallback.file);
  }

  /** Walks through the tree, if the flag NO_DIRECTORY_STRUCTURE needs its names. */
  async prepare(): Promise<void> {
    if (this.#has(NO_DIRECTORY_STRUCTURE)) await this.#flatIndex();
  }

  /** Clears the caches. Downloads continue. */
  close(): void {
    this.#endpoint.close();
    this.#fallback?.endpoint.close();
    this.#flat.clear();
  }

  #isBelow(path: string): boolean {
    const { prefix } = this;
    return (
      path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 47)
    );
  }

  /**
   * Creates the fallback as one endpoint: all paths that it answers share its counters, such as those of rate limits.
   */
  #readFallback(options: ServeOptions, endpoint: ServingOptions): ServedFallback | null {
    const fallback = readFallback(options);
    if (fallback === null) return null;
    const path = `${this.prefix}/${fallback.file}`;
    const routePath = path.split("/").map(encodeURIComponent).join("/");
    return {
      ...fallback,
      path,
      endpoint: new Endpoint(this.#context, routePath, endpoint, () => this.#look(path), "Accept"),
    };
  }

  #has(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  #look(path: string): Found {
    return path.length > LONGEST_PATH
      ? null
      : this.#endpoint.look(path, (old) => this.#lookAtDisk(path, old));
  }

  /**
   * Finds the file of a path on disk.
   *
   * @param path The canonical path: decoded once, without `..`, NUL and backslashes.
   */
  async #lookAtDisk(path: string, old: ServedFile | null): Promise<ServedFile | null> {
    const relative = path.slice(this.prefix.length + 1);
    if (!this.#mayServe(relative)) return null;
    const root = await orMissing(this.directory, () => realpath(this.directory));
    if (root === null) return null;
    for (const { name, isIndex } of this.#candidates(relative)) {
      const place = this.#has(NO_DIRECTORY_STRUCTURE) ? (await this.#flatIndex())?.files.get(name) : name;
      if (place === undefined) continue;
      const file = await lookAtFile(join(root, place), { ...this.#lookOptions, root }, old);
      if (file === null) continue;
      const redirects = isIndex && !path.endsWith("/") && !this.#ignoresSlash;
      return redirects ? { ...file, redirects } : file;
    }
    return null;
  }

  #mayServe(relative: string): boolean {
    // RFC 8615: files below /.well-known/ are meant for clients
    const rest =
      this.prefix === "" && relative.startsWith(WELL_KNOWN) ? relative.slice(WELL_KNOWN.length) : relative;
    if (!this.#has(SERVE_DOTFILES) && (rest.startsWith(".") || rest.includes("/."))) return false;
    return process.platform !== "win32" || !AMBIGUOUS_ON_WINDOWS.test(relative);
  }

  /** Lists the files that may answer a path: the file itself, one with an extension, or the index of a directory. */
  #candidates(relative: string): readonly Candidate[] {
    const isDirectory = relative === "" || relative.endsWith("/");
    const folder = isDirectory ? relative : `${relative}/`;
    const files = isDirectory ? [] : ["", ...this.#extensions].map((extension) => relative + extension);
    const candidates = [
      ...files.map((name) => ({ name, isIndex: false })),
      ...this.#index.map((name) => ({ name: folder + name, isIndex: true })),
    ];
    const topOnly = this.#has(NON_RECURSIVE) || this.#has(NO_DIRECTORY_STRUCTURE);
    return topOnly ? candidates.filter(({ name }) => !name.includes("/")) : candidates;
  }

  /** Whether the server has IGNORE_TRAILING_SLASH. With it, core removes the slash of every path, so a redirect that adds the slash would never end. */
  get #ignoresSlash(): boolean {
    return (this.#context.host.settings.flags & PacketronServerFlags.IGNORE_TRAILING_SLASH) !== 0;
  }

  #flatIndex(): FlatIndex | null | Promise<FlatIndex | null> {
    return this.#flat.get("", async (old) => {
      const options = { recursive: !this.#has(NON_RECURSIVE), dotfiles: this.#has(SERVE_DOTFILES) };
      const index = await readFlatIndex(this.directory, options, old);
      if (index !== null && index.hidden.length > 0) this.#warnOfCollisions(index.hidden);
      return index;
    });
  }

  #warnOfCollisions(hidden: readonly string[]): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const facts = { directory: this.directory, count: hidden.length, hidden: hidden.slice(0, 10) };
    this.#context.host.log.warn(
      facts,
      "several files have the same name: only the first in sorted order is served, the hidden files are not",
    );
  }
}

/** Removes the options that decide which file answers a path. */
function withoutNames({
  extensions: _extensions,
  index: _index,
  fallback: _fallback,
  ignores: _ignores,
  ...endpoint
}: Omit<ServeOptions, "directory" | "pathPrefix">): ServingOptions {
  return endpoint;
}
