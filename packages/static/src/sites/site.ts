/** The directories and files that one server serves, and the choice of the file that answers a request. */
import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import type { PacketronRequest, PacketronRoute } from "@packetron/core";
import { assertEndpointOptions, PacketronRequestMethod } from "@packetron/core/capability";
import { staticError } from "../errors.ts";
import { codeOf } from "../files/open.ts";
import { loadMimeTypes } from "../mime-types.ts";
import type { ServeFileOptions, ServeOptions, UnserveOptions } from "../options.ts";
import { assertPath, assertPrefix } from "../read-options.ts";
import { ServedDirectory } from "./directory.ts";
import type { EndpointContext } from "./endpoint.ts";
import { ServedFilePath } from "./single-file.ts";

const SERVING_OPTIONS = [
  ...["flags", "cacheControl", "maxAge", "immutable", "etag", "lastModified", "acceptRanges", "setHeaders"],
];

const SERVE_OPTIONS = [
  ...["directory", "pathPrefix", "index", "extensions", "fallback", "ignores"],
  ...SERVING_OPTIONS,
];

const SERVE_FILE_OPTIONS = ["routePath", "filePath", ...SERVING_OPTIONS];

/** A route, `undefined` for none, or a promise of either. */
type Found = PacketronRoute | undefined | Promise<PacketronRoute | undefined>;

/** The directories and files that one server serves. */
export class Site {
  readonly #context: EndpointContext;
  /** The files of `serveFile()` by URL path. Such a file has precedence over a file of a directory. */
  readonly #files: Map<string, ServedFilePath> = new Map();
  /** The directories of `serve()`, in the order of the calls. The last directory has precedence, as with routes. */
  #directories: readonly ServedDirectory[] = [];

  constructor(context: EndpointContext) {
    this.#context = context;
  }

  /** Serves a directory. */
  serve(options: ServeOptions): void {
    assertEndpointOptions(this.#context.host, "serve()", options, SERVE_OPTIONS);
    const directory = new ServedDirectory(this.#context, options);
    if (this.#isServing) {
      loadMimeTypes();
      assertReadable("PKT_STATIC_DIRECTORY", directory.directory);
      if (directory.fallbackFile !== null) assertReadable("PKT_STATIC_FALLBACK", directory.fallbackFile);
    }
    const replaced = this.#directories.find((other) => isSame(other, directory));
    if (replaced !== undefined) this.#warnOfReplacement(`${directory.prefix}/*`);
    this.#directories = [...this.#directories.filter((other) => other !== replaced), directory];
    replaced?.close();
  }

  /** Serves a single file. */
  serveFile(options: ServeFileOptions): void {
    assertEndpointOptions(this.#context.host, "serveFile()", options, SERVE_FILE_OPTIONS);
    const file = new ServedFilePath(this.#context, options);
    if (this.#isServing) {
      loadMimeTypes();
      assertReadable("PKT_STATIC_FILE", file.file);
    }
    const replaced = this.#files.get(file.path);
    if (replaced !== undefined) this.#warnOfReplacement(file.path);
    this.#files.set(file.path, file);
    replaced?.close();
  }

  /** Stops serving a directory or a file. Returns whether the directory or file was served before. */
  unserve(options: UnserveOptions): boolean {
    return "routePath" in options ? this.#unserveFile(options.routePath) : this.#unserveDirectory(options);
  }

  /** Returns the route of the file that answers a request. */
  find(method: number, path: string, request: PacketronRequest): Found {
    if (method !== PacketronRequestMethod.GET) return undefined;
    const single = this.#files.size === 0 ? undefined : this.#files.get(path)?.find();
    const found = orNext(single, () => firstOf(this.#directories, (directory) => directory.find(path)));
    return orNext(found, () =>
      firstOf(this.#directories, (directory) => directory.findFallback(path, request)),
    );
  }

  /** Reads the file names of all directories with NO_DIRECTORY_STRUCTURE, before the server listens. */
  async prepare(): Promise<void> {
    if (this.#isServing) await Promise.all(this.#directories.map((directory) => directory.prepare()));
  }

  #unserveFile(routePath: unknown): boolean {
    assertPath("routePath", routePath);
    const file = this.#files.get(canonical(routePath.replace(/^\//, "")));
    if (file === undefined) return false;
    this.#files.delete(file.path);
    file.close();
    return true;
  }

  #unserveDirectory({ directory, pathPrefix = "" }: Extract<UnserveOptions, { directory: string }>): boolean {
    assertPath("directory", directory);
    assertPrefix(pathPrefix);
    const trimmed = pathPrefix.replace(/^\/|\/$/g, "");
    const wanted = { directory: resolve(directory), prefix: trimmed === "" ? "" : canonical(trimmed) };
    const removed = this.#directories.filter((other) => isSame(other, wanted));
    this.#directories = this.#directories.filter((other) => !removed.includes(other));
    for (const other of removed) other.close();
    return removed.length > 0;
  }

  /** Whether this process answers requests. The primary of a cluster answers none, and may lack access to the files. */
  get #isServing(): boolean {
    return this.#context.host.server.role !== "primary";
  }

  #warnOfReplacement(path: string): void {
    this.#context.host.log.warn(
      { path },
      "the path is served twice: the last registration replaces the first",
    );
  }
}

/** Returns the first route that `find` returns for a directory, beginning with the directory served last. */
function firstOf(
  directories: readonly ServedDirectory[],
  find: (directory: ServedDirectory) => Found,
  index: number = directories.length - 1,
): Found {
  const directory = directories[index];
  if (directory === undefined) return undefined;
  return orNext(find(directory), () => firstOf(directories, find, index - 1));
}

function orNext(found: Found, next: () => Found): Found {
  if (found instanceof Promise) return found.then((route) => route ?? next());
  return found ?? next();
}

interface Place {
  readonly directory: string;
  readonly prefix: string;
}

function isSame(one: Place, other: Place): boolean {
  return one.directory === other.directory && one.prefix === other.prefix;
}

/** Returns the canonical form of a path that has no leading slash; a malformed escape stays as it is. */
function canonical(path: string): string {
  try {
    return `/${decodeURIComponent(path)}`;
  } catch {
    return `/${path}`;
  }
}

/**
 * Throws if a directory or file cannot be read. Called at once by `serve()` and `serveFile()`, so that a wrong path in
 * the program is noticed at the start, and not at the first request.
 */
function assertReadable(
  code: "PKT_STATIC_DIRECTORY" | "PKT_STATIC_FILE" | "PKT_STATIC_FALLBACK",
  path: string,
): void {
  const isDirectory = code === "PKT_STATIC_DIRECTORY";
  try {
    const stats = statSync(path);
    if (isDirectory ? !stats.isDirectory() : !stats.isFile())
      throw new Error(`it is not a ${isDirectory ? "directory" : "regular file"}`);
    accessSync(path, isDirectory ? constants.R_OK | constants.X_OK : constants.R_OK);
  } catch (error) {
    throw staticError(code, { path, reason: reasonOf(error) }, error);
  }
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === "ENOENT") return "it does not exist";
  if (code === "EACCES" || code === "EPERM") return "this process may not read it";
  return error instanceof Error ? error.message : String(error);
}
