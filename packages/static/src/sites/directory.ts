/** A directory whose files are served below a URL path. */
import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { PacketronRequest, PacketronRoute } from "@packetron/core";
import { field, PacketronFileRouterFlags, PacketronServerFlags } from "@packetron/core/capability";
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

/** The longest path that a file can have on any system. Longer request paths are neither checked nor cached. */
const LONGEST_PATH = 4_096;

/**
 * Matches paths with names that Windows reads as another name: `name:stream` opens a stream of the file `name`, and
 * Windows removes dots and spaces at the end of a name.
 */
const AMBIGUOUS_ON_WINDOWS = /[:<>"|?*]|[. ](?:\/|$)/;

/** The directory of files that programs request, such as certificate authorities (RFC 8615). */
const WELL_KNOWN = ".well-known/";

/** A file name that is tried for a request's path. */
interface Candidate {
  /** The path relative to the directory, with slashes. */
  readonly name: string;
  /** Whether the file is the index of a directory, such as `index.html`. */
  readonly isIndex: boolean;
}

/** The file that is sent when no file has the requested path, such as the page of a single-page application. */
interface ServedFallback extends Fallback {
  /** The URL path of the fallback file. */
  readonly path: string;
  readonly endpoint: Endpoint;
}

/** The directory of one `serve()` call. A file is checked only when a client requests the file, not at the start. */
export class ServedDirectory {
  /** The absolute path of the directory, resolved when `serve()` was called. */
  readonly directory: string;
  /** The URL path below which the files are served, such as `"/static"`; `""` for the root. */
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

  /** Returns the route for a request's path; `undefined` if the directory has no file for the path. */
  find(path: string): PacketronRoute | undefined | Promise<PacketronRoute | undefined> {
    if (!this.#isBelow(path)) return undefined;
    const file = this.#look(path);
    if (file instanceof Promise)
      return file.then((found) => (found === null ? undefined : this.#endpoint.routeOf(path)));
    return file === null ? undefined : this.#endpoint.routeOf(path);
  }

  /** Returns the route of the fallback file; `undefined` if the fallback must not answer this request. */
  findFallback(
    path: string,
    request: PacketronRequest,
  ): PacketronRoute | undefined | Promise<PacketronRoute | undefined> {
    const fallback = this.#fallback;
    if (fallback === null || !this.#isBelow(path) || /\/\./.test(path) || fallback.isIgnored(path))
      return undefined;
    if (!wantsPage(request.method, path, field(request, "accept"))) return undefined;
    const toRoute = (file: ServedFile | null): PacketronRoute | undefined =>
      file === null ? undefined : fallback.endpoint.routeOf(fallback.path);
    const file = this.#look(fallback.path);
    return file instanceof Promise ? file.then(toRoute) : toRoute(file);
  }

  /** The fallback's path on disk; `null` without a fallback, or with NO_DIRECTORY_STRUCTURE: its folder is unknown. */
  get fallbackFile(): string | null {
    if (this.#fallback === null || this.#has(NO_DIRECTORY_STRUCTURE)) return null;
    return join(this.directory, this.#fallback.file);
  }

  /** Reads the names of all files in the directory tree, if the flag NO_DIRECTORY_STRUCTURE is set. */
  async prepare(): Promise<void> {
    if (this.#has(NO_DIRECTORY_STRUCTURE)) await this.#flatIndex();
  }

  /** Clears the caches of the directory. Downloads that have begun continue. */
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
   * Creates the fallback with a route of its own. All paths that the fallback answers share the counters of this route,
   * such as the counter of a rate limit.
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

  /** Lists the file names to try for a path: the path itself, the path with each extension, and the index files. */
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

  /**
   * Whether the server has the flag IGNORE_TRAILING_SLASH. With this flag, core removes the slash at the end of every
   * path, so a redirect that adds the slash would be repeated for ever.
   */
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
