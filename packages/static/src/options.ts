/** The options of the factory, of `serve()`, `serveFile()`, `unserve()` and `sendFile()`, and their checks. */
import { type EndpointOptions, optionError } from "@packetron/core";

/** Options of `staticFiles()`. The caches are those of one process; a cluster has them once for each worker. */
export interface StaticFilesOptions {
  /**
   * How much memory the content of small files may take, in bytes; 0 keeps none. A file of up to 16 KiB counts twice:
   * it is there as bytes, and as the answer that is written.
   * @default 33554432 (32 MiB)
   */
  cacheBytes?: number;
  /**
   * The largest file that is kept in memory, in bytes; larger ones are streamed from disk.
   * @default 262144 (256 KiB)
   */
  cacheFileBytes?: number;
  /**
   * How many files of one served directory are remembered by name, size, time and tag.
   * @default 10000
   */
  cacheEntries?: number;
  /**
   * How long a look at a file counts, in milliseconds: a file that appears, changes or vanishes is seen by every request
   * that starts this much later. 0 looks for every request.
   * @default 1000
   */
  revalidateAfter?: number;
}

/** What `serve()` and `serveFile()` share with each other, beside the options of endpoints. */
export interface ServingOptions extends EndpointOptions {
  /**
   * Bits of PacketronFileRouterFlags.
   * @default 0
   */
  flags?: number;
  /**
   * The Cache-Control of the files: one for all, or a function that gets the path on disk and may give `undefined`.
   * @default none is sent
   */
  cacheControl?: CacheControl;
}

/** A Cache-Control for all files, or for each by its path on disk. */
export type CacheControl = string | ((path: string) => string | undefined);

/** Options of `server.serve()`. */
export interface ServeOptions extends ServingOptions {
  /** The directory; a relative one starts at the working directory. */
  directory: string;
  /**
   * Where its files are reachable.
   * @default "" (the root)
   */
  pathPrefix?: string;
}

/** Options of `server.serveFile()`. */
export interface ServeFileOptions extends ServingOptions {
  /** The path of the file on the server: exact, `:` and `*` are literal. */
  routePath: string;
  /** The file; a relative path starts at the working directory. */
  filePath: string;
}

/** What `server.unserve()` takes away: a directory under its prefix, or a single file. */
export type UnserveOptions =
  | { readonly directory: string; readonly pathPrefix?: string }
  | { readonly routePath: string };

/** Options of `response.sendFile()` and `response.downloadFile()`. */
export interface SendFileOptions {
  /** The Cache-Control of the answer, unless the header is set already. */
  cacheControl?: string;
  /**
   * Bits of PacketronFileRouterFlags; STRONG_ETAG is the one that counts here.
   * @default 0
   */
  flags?: number;
  /**
   * A directory that the file has to be in: for names that come from outside. The path is relative to it then, and
   * nothing that leads out of it, by `..` or by a symbolic link, is sent.
   */
  root?: string;
}

/** The factory's options with every default filled in. */
export type StaticSettings = Readonly<Required<StaticFilesOptions>>;

const defaults: StaticSettings = Object.freeze({
  cacheBytes: 32 * 1024 * 1024,
  cacheFileBytes: 256 * 1024,
  cacheEntries: 10_000,
  revalidateAfter: 1_000,
});

/** Fills in the factory's defaults. */
export function resolveSettings(options: StaticFilesOptions): StaticSettings {
  const settings: Record<keyof StaticSettings, number> = { ...defaults };
  for (const [name, value] of Object.entries(options)) {
    if (!isSetting(name)) {
      throw optionError(
        "options",
        `{ ${name} }`,
        `the options of staticFiles(): ${Object.keys(defaults).join(", ")}`,
      );
    }
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) throw optionError(name, value, "an integer, 0 or more");
    settings[name] = value;
  }
  return settings;
}

/** Refuses what is not a path. A NUL would end it early in the system's eyes. */
export function assertPath(option: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || value === "" || value.includes("\0"))
    throw optionError(option, value, 'a path such as "./public"');
}

/** @throws PKT_OPTION_INVALID for what is no prefix of URLs; `""` is the root. */
export function assertPrefix(value: unknown): asserts value is string {
  if (typeof value !== "string" || value.includes("\0"))
    throw optionError("pathPrefix", value, 'a path of URLs such as "static"');
}

/** Reads a `cacheControl` option as a function. */
export function readCacheControl(value: unknown): (path: string) => string | undefined {
  if (value === undefined) return () => undefined;
  if (typeof value === "string" && isFieldValue(value)) return () => value;
  if (typeof value !== "function")
    throw optionError("cacheControl", value, 'a header value such as "max-age=60", or a function');
  return (path) => {
    const chosen: unknown = value(path);
    if (chosen !== undefined && !(typeof chosen === "string" && isFieldValue(chosen)))
      throw optionError("cacheControl", chosen, "a function that gives a header value, or undefined");
    return chosen;
  };
}

function isSetting(name: string): name is keyof StaticSettings {
  return Object.hasOwn(defaults, name);
}

function isFieldValue(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text);
}
