/** A directory that is served under a prefix. */
import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PacketronFileRouterFlags, type PacketronRoute, PacketronServerFlags } from "@packetron/core";
import { orMissing } from "../files/open.ts";
import { type LookOptions, lookAtFile, type ServedFile } from "../files/served-file.ts";
import { StatCache } from "../files/stat-cache.ts";
import { assertPath, assertPrefix, readCacheControl, type ServeOptions } from "../options.ts";
import { Endpoint, type EndpointContext, type Found } from "./endpoint.ts";
import { type FlatIndex, readFlatIndex } from "./flat-index.ts";

const { NON_RECURSIVE, NO_DIRECTORY_STRUCTURE, SERVE_DOTFILES, INDEX_HTML, STRONG_ETAG } =
  PacketronFileRouterFlags;

/** Longer paths do not exist on any system, so nothing is asked and nothing remembered about them. */
const LONGEST_PATH = 4_096;

/** Names that Windows reads as others: streams of a file, and dots and spaces that it cuts off. */
const AMBIGUOUS_ON_WINDOWS = /[:<>"|?*]|[. ](?:\/|$)/;

/** A file that may answer a path. */
interface Candidate {
  /** Relative to the directory, with slashes. */
  readonly name: string;
  /** Whether it stands for its directory. */
  readonly isIndex: boolean;
}

/** One call of `serve()`. Files are looked at when they are asked for; the start costs nothing. */
export class ServedDirectory {
  /** Absolute, as it was resolved when it was registered. */
  readonly directory: string;
  /** Canonical: `""` for the root, `"/static"`. */
  readonly prefix: string;
  readonly #context: EndpointContext;
  readonly #flags: number;
  readonly #lookOptions: Omit<LookOptions, "root">;
  readonly #endpoint: Endpoint;
  readonly #flat: StatCache<FlatIndex>;
  #collisionsTold = false;

  constructor(context: EndpointContext, options: ServeOptions) {
    const { directory, pathPrefix = "", ...endpoint } = options;
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
      strong: this.#has(STRONG_ETAG),
      precompressed: true,
      cacheControl: readCacheControl(endpoint.cacheControl),
    };
  }

  /** The route of a request's path, if it is a file of this directory. */
  find(path: string): PacketronRoute | undefined | Promise<PacketronRoute | undefined> {
    const { prefix } = this;
    const below =
      path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 47);
    if (!below) return undefined;
    const file = this.#look(path);
    if (file instanceof Promise)
      return file.then((found) => (found === null ? undefined : this.#endpoint.routeOf(path)));
    return file === null ? undefined : this.#endpoint.routeOf(path);
  }

  /** Walks through the tree where names have to be known beforehand. */
  async prepare(): Promise<void> {
    if (this.#has(NO_DIRECTORY_STRUCTURE)) await this.#flatIndex();
  }

  /** Lets go of everything that was cached; downloads go on. */
  close(): void {
    this.#endpoint.close();
    this.#flat.clear();
  }

  #has(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  #look(path: string): Found {
    return path.length > LONGEST_PATH
      ? null
      : this.#endpoint.look(path, (old) => this.#lookAtDisk(path, old));
  }

  /** @param path Canonical: decoded once, without `..`, NUL and backslashes. */
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
    if (!this.#has(SERVE_DOTFILES) && (relative.startsWith(".") || relative.includes("/."))) return false;
    return process.platform !== "win32" || !AMBIGUOUS_ON_WINDOWS.test(relative);
  }

  /** The file itself, or the index of the directory; a trailing slash says that a directory is meant. */
  #candidates(relative: string): readonly Candidate[] {
    const isDirectory = relative === "" || relative.endsWith("/");
    const index = isDirectory ? `${relative}index.html` : `${relative}/index.html`;
    const candidates = [
      ...(isDirectory ? [] : [{ name: relative, isIndex: false }]),
      ...(this.#has(INDEX_HTML) ? [{ name: index, isIndex: true }] : []),
    ];
    const topOnly = this.#has(NON_RECURSIVE) || this.#has(NO_DIRECTORY_STRUCTURE);
    return topOnly ? candidates.filter(({ name }) => !name.includes("/")) : candidates;
  }

  /** Requests come without their trailing slash then: a redirect to it would never end. */
  get #ignoresSlash(): boolean {
    return (this.#context.host.settings.flags & PacketronServerFlags.IGNORE_TRAILING_SLASH) !== 0;
  }

  #flatIndex(): FlatIndex | null | Promise<FlatIndex | null> {
    return this.#flat.get("", async (old) => {
      const options = { recursive: !this.#has(NON_RECURSIVE), dotfiles: this.#has(SERVE_DOTFILES) };
      const index = await readFlatIndex(this.directory, options, old);
      if (index !== null && index.hidden.length > 0) this.#tellCollisions(index.hidden);
      return index;
    });
  }

  #tellCollisions(hidden: readonly string[]): void {
    if (this.#collisionsTold) return;
    this.#collisionsTold = true;
    const facts = { directory: this.directory, count: hidden.length, hidden: hidden.slice(0, 10) };
    this.#context.host.log.warn(
      facts,
      "files of the same name: the first in sorted order is served, these are not",
    );
  }
}
