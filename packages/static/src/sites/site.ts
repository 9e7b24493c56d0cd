/** Everything that one server serves from disk: which file answers a path, and what was registered. */
import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import { type PacketronRequest, PacketronRequestMethod, type PacketronRoute } from "@packetron/core";
import { staticError } from "../errors.ts";
import type { ServeFileOptions, ServeOptions, UnserveOptions } from "../options.ts";
import { assertPath, assertPrefix } from "../read-options.ts";
import { ServedDirectory } from "./directory.ts";
import type { EndpointContext } from "./endpoint.ts";
import { ServedFilePath } from "./single-file.ts";

/** A route, none, or a promise of either. */
type Found = PacketronRoute | undefined | Promise<PacketronRoute | undefined>;

/** The directories and files of one server. */
export class Site {
  readonly #context: EndpointContext;
  /** By path; a file that was named wins over one that is merely in a directory. */
  readonly #files: Map<string, ServedFilePath> = new Map();
  /** In the order of registration; the last one wins, as with routes. */
  #directories: readonly ServedDirectory[] = [];

  constructor(context: EndpointContext) {
    this.#context = context;
  }

  /** Serves a directory. */
  serve(options: ServeOptions): void {
    const directory = new ServedDirectory(this.#context, options);
    if (this.#isServing) {
      assertReadable("PKT_STATIC_DIRECTORY", directory.directory);
      if (directory.fallbackFile !== null) assertReadable("PKT_STATIC_FALLBACK", directory.fallbackFile);
    }
    const replaced = this.#directories.find((other) => isSame(other, directory));
    if (replaced !== undefined) this.#tellTwice(`${directory.prefix}/*`);
    this.#directories = [...this.#directories.filter((other) => other !== replaced), directory];
    replaced?.close();
  }

  /** Serves a single file. */
  serveFile(options: ServeFileOptions): void {
    const file = new ServedFilePath(this.#context, options);
    if (this.#isServing) assertReadable("PKT_STATIC_FILE", file.file);
    const replaced = this.#files.get(file.path);
    if (replaced !== undefined) this.#tellTwice(file.path);
    this.#files.set(file.path, file);
    replaced?.close();
  }

  /** Stops serving a directory or a file; returns whether it was served. */
  unserve(options: UnserveOptions): boolean {
    return "routePath" in options ? this.#unserveFile(options.routePath) : this.#unserveDirectory(options);
  }

  /** The route of a file. */
  find(method: number, path: string, request: PacketronRequest): Found {
    if (method !== PacketronRequestMethod.GET) return undefined;
    const single = this.#files.size === 0 ? undefined : this.#files.get(path)?.find();
    const found = orNext(single, () => firstOf(this.#directories, (directory) => directory.find(path)));
    return orNext(found, () =>
      firstOf(this.#directories, (directory) => directory.findFallback(path, request)),
    );
  }

  /** Before the server listens: what has to be known of trees beforehand. */
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

  /** The primary only remembers what is served: it answers nothing, and may run where the files are not. */
  get #isServing(): boolean {
    return this.#context.host.server.role !== "primary";
  }

  #tellTwice(path: string): void {
    this.#context.host.log.warn({ path }, "served twice: the last one wins");
  }
}

/** What the newest directory gives that gives anything. */
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

/** The canonical form of a path without its leading slash, as far as it has one. */
function canonical(path: string): string {
  try {
    return `/${decodeURIComponent(path)}`;
  } catch {
    return `/${path}`;
  }
}

/** Once, when it is registered: a wrong path is a mistake of the program, and should not wait for its first request. */
function assertReadable(
  code: "PKT_STATIC_DIRECTORY" | "PKT_STATIC_FILE" | "PKT_STATIC_FALLBACK",
  path: string,
): void {
  const isDirectory = code === "PKT_STATIC_DIRECTORY";
  try {
    const stats = statSync(path);
    if (isDirectory ? !stats.isDirectory() : !stats.isFile())
      throw new Error(`it is no ${isDirectory ? "directory" : "regular file"}`);
    accessSync(path, isDirectory ? constants.R_OK | constants.X_OK : constants.R_OK);
  } catch (error) {
    throw staticError(code, { path, reason: reasonOf(error) }, error);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "it does not exist";
  if (code === "EACCES" || code === "EPERM") return "this process may not read it";
  return error instanceof Error ? error.message : String(error);
}
