/** The options of the factory, of `serve()`, `serveFile()`, `unserve()` and `sendFile()`, and their checks. */
import type { EndpointOptions, FlagsOf, PacketronResponse } from "@packetron/core";
import { assertOptions, optionError } from "@packetron/core/capability";

/** Options of `staticFiles()`. Their limits apply to each process: each worker of a cluster has its own caches. */
export interface StaticFilesOptions {
  /**
   * How much memory the cached content of small files may take, in bytes; 0 turns the cache off. A file of up to 16 KiB
   * counts twice, because the cache keeps its bytes and also a complete answer that contains these bytes.
   * @default 33554432 (32 MiB)
   */
  cacheBytes?: number;
  /**
   * Size of the largest file that is kept in memory, in bytes. Larger files are streamed from disk.
   * @default 262144 (256 KiB)
   */
  cacheFileBytes?: number;
  /**
   * For how many files of one served directory the server remembers name, size, modification time and ETag.
   * @default 10000
   */
  cacheEntries?: number;
  /**
   * How long the server relies on its last check of a file on disk, in milliseconds. When a file appears, changes or
   * vanishes, every request that starts at least this time later sees the change. 0 checks the file for every request.
   * @default 1000
   */
  revalidateAfter?: number;
}

/** The options that `serve()` and `serveFile()` have in common, including all options of a route. */
export interface ServingOptions extends EndpointOptions {
  /**
   * Bits of PacketronFileRouterFlags, combined with `|`.
   * @default 0
   */
  flags?: FlagsOf<"file">;
  /**
   * The Cache-Control of the files: one value for all files, or a function that gets the path of a file on disk and
   * returns the value. If the function returns `undefined`, the file has no Cache-Control.
   * @default no Cache-Control is sent
   */
  cacheControl?: CacheControl;
  /**
   * How long clients and proxies may use a file without validation, in seconds (serve-static counts milliseconds).
   * 3600 is sent as `Cache-Control: public, max-age=3600`. `maxAge` cannot be combined with `cacheControl`.
   * @default no Cache-Control is sent
   */
  maxAge?: number;
  /**
   * Selects the files that never change under their name, such as files with a hash of their content in the name. The
   * Cache-Control of these files is `immutable`, with the time of `maxAge`, or a year without `maxAge`. The regular
   * expression or the function is tested with the path below the directory, such as `"/assets/app.1a2b3c4d.js"`, or
   * with the name of a single file, such as `"/app.js"`. `immutable` cannot be combined with `cacheControl`.
   * @default no file is immutable
   * @example
   * server.serve({ directory: "./dist", immutable: /\.[0-9a-f]{8}\.(?:js|css)$/ });
   */
  immutable?: RegExp | ((path: string) => boolean);
  /**
   * Whether answers have an ETag. The server compares the ETag with If-Match, If-None-Match and If-Range of a request.
   * @default true
   */
  etag?: boolean;
  /**
   * Whether answers have Last-Modified. The server compares this date with If-Modified-Since, If-Unmodified-Since and
   * If-Range of a request.
   * @default true
   */
  lastModified?: boolean;
  /**
   * Whether clients may request ranges of a file. With `false`, Range is ignored, and `Accept-Ranges: bytes` is not
   * sent.
   * @default true
   */
  acceptRanges?: boolean;
  /**
   * A synchronous function that sets headers before a file is sent. The headers that the function sets replace the
   * headers that the server would set. The server calls the function for answers with 200, 206, 304, 412 and 416, but
   * not for a redirect or a 404.
   * @default none
   * @example
   * server.serve({ directory: "./public", setHeaders: (response) => response.setHeader("X-Frame-Options", "DENY") });
   */
  setHeaders?: SetHeaders;
}

/** A function that sets headers of a response before the response is sent. `path` is the path of the file on disk. */
export type SetHeaders = (response: PacketronResponse, path: string) => void;

/** A Cache-Control for all files, or a function that returns it for a path on disk. */
export type CacheControl = string | ((path: string) => string | undefined);

/** Options of `server.serve()`. */
export interface ServeOptions extends ServingOptions {
  /** The path of the directory. A relative path starts at the working directory. */
  directory: string;
  /**
   * The URL path below which the files are served, such as `"static"` for `/static/app.js`.
   * @default "" (the root)
   */
  pathPrefix?: string;
  /**
   * Extensions without their dot. When no file has the requested name, the server appends these extensions in this
   * order: with `["html"]`, `/about` is answered with `about.html`.
   * @default [] (none)
   */
  extensions?: readonly string[];
  /**
   * The names of index files in order of preference: a request for a directory is answered with the first of these
   * files that exists. `[]` turns index files off, and is an error with the flag INDEX_HTML. With other names, the flag
   * is not needed.
   * @default ["index.html"] with INDEX_HTML, else [] (none)
   */
  index?: readonly string[];
  /**
   * The file, relative to the directory, that is sent when no file has the requested path: for single-page
   * applications, which choose their page in the browser. The fallback answers GET and HEAD requests whose Accept names
   * HTML. A client that accepts any type (`Accept: *\/*`, or no Accept) gets the fallback only for a path without an
   * extension, so that a missing script stays a 404. A path with a name that begins with a dot never gets the fallback.
   * @default no fallback
   * @example
   * server.serve({ directory: "./dist", fallback: "index.html", ignores: ["/api"] });
   */
  fallback?: string;
  /**
   * URL paths that are never answered with the `fallback`. A string such as `"/api"` excludes this path and all paths
   * below it; a regular expression excludes every path that it matches.
   * @default []
   */
  ignores?: readonly (string | RegExp)[];
}

/** Options of `server.serveFile()`. */
export interface ServeFileOptions extends ServingOptions {
  /** The URL path at which the file is served. A request must have exactly this path; `:` and `*` are literal. */
  routePath: string;
  /** The path of the file. A relative path starts at the working directory. */
  filePath: string;
}

/** Options of `server.unserve()`: a directory with its prefix, or the path of a single file. */
export type UnserveOptions =
  | { readonly directory: string; readonly pathPrefix?: string }
  | { readonly routePath: string };

/** Options of `response.sendFile()` and `response.downloadFile()`. */
export interface SendFileOptions
  extends Pick<ServingOptions, "maxAge" | "etag" | "lastModified" | "acceptRanges"> {
  /** The Cache-Control of the answer, unless the header is set already. */
  cacheControl?: string;
  /**
   * Bits of PacketronFileRouterFlags, of which only STRONG_ETAG has an effect here.
   * @default 0
   */
  flags?: FlagsOf<"file">;
  /**
   * The directory that the file must be in. Set `root` when a client chooses the path of the file. The path is then
   * relative to `root`, and a file outside of `root` is never sent, neither by `..` nor by a symbolic link.
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

/**
 * Checks the options of the factory and fills in defaults.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 */
export function resolveSettings(options: StaticFilesOptions): StaticSettings {
  const given: object = options;
  assertOptions("staticFiles()", given, Object.keys(defaults), "an object such as { cacheBytes: 0 }");
  const settings: Record<keyof StaticSettings, number> = { ...defaults };
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || !isSetting(name)) continue;
    if (!Number.isSafeInteger(value) || value < 0)
      throw optionError(`staticFiles().${name}`, value, "an integer, 0 or more");
    settings[name] = value;
  }
  return settings;
}

function isSetting(name: string): name is keyof StaticSettings {
  return Object.hasOwn(defaults, name);
}
