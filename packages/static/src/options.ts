/** The options of the factory, of `serve()`, `serveFile()`, `unserve()` and `sendFile()`, and their checks. */
import { type EndpointOptions, optionError, type PacketronResponse } from "@packetron/core";

/** Options of `staticFiles()`. Their limits apply to each process: each worker of a cluster has its own caches. */
export interface StaticFilesOptions {
  /**
   * How much memory the content of small files may take, in bytes; 0 turns the cache off. A file of up to 16 KiB counts
   * twice: the cache has its bytes, and the prepared answer with them.
   * @default 33554432 (32 MiB)
   */
  cacheBytes?: number;
  /**
   * Size of the largest file that is kept in memory, in bytes. Larger files are streamed from disk.
   * @default 262144 (256 KiB)
   */
  cacheFileBytes?: number;
  /**
   * How many files of one served directory are remembered, with name, size, time and tag.
   * @default 10000
   */
  cacheEntries?: number;
  /**
   * How long the result of a file check stays valid, in milliseconds. When a file appears, changes or vanishes, every
   * request that starts this much later gets the new state. 0 checks the file for every request.
   * @default 1000
   */
  revalidateAfter?: number;
}

/** The options that `serve()` and `serveFile()` have in common, with those of endpoints. */
export interface ServingOptions extends EndpointOptions {
  /**
   * Bits of PacketronFileRouterFlags.
   * @default 0
   */
  flags?: number;
  /**
   * The Cache-Control of the files: one value for all, or a function. It gets the path on disk, and returns the value
   * or `undefined`.
   * @default none is sent
   */
  cacheControl?: CacheControl;
  /**
   * How long clients and proxies may use a file without validation, in seconds (serve-static counts milliseconds).
   * 3600 is sent as `Cache-Control: public, max-age=3600`. It cannot be combined with `cacheControl`.
   * @default none is sent
   */
  maxAge?: number;
  /**
   * Which files never change under their name, such as files with a hash of their content in the name. Their
   * Cache-Control gets `immutable`, with `maxAge` or else with a year. A regular expression or a function gets the
   * path below the directory, such as `"/assets/app.1a2b3c4d.js"`, or the name of a single file, such as `"/app.js"`.
   * It cannot be combined with `cacheControl`.
   * @default none
   * @example
   * server.serve({ directory: "./dist", immutable: /\.[0-9a-f]{8}\.(?:js|css)$/ });
   */
  immutable?: RegExp | ((path: string) => boolean);
  /**
   * Whether answers have an ETag, by which If-Match, If-None-Match and If-Range with tags are evaluated.
   * @default true
   */
  etag?: boolean;
  /**
   * Whether answers have Last-Modified, by which conditions with dates are evaluated.
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
   * A function that sets headers before a file is sent. They have precedence over the headers of the file. The
   * function must be synchronous. It is called for 200, 206, 304, 412 and 416, but not for a redirect or a 404.
   * @default none
   * @example
   * server.serve({ directory: "./public", setHeaders: (response) => response.setHeader("X-Frame-Options", "DENY") });
   */
  setHeaders?: SetHeaders;
}

/** Sets headers of an answer. Gets the response before it is sent, and the path of its file on disk. */
export type SetHeaders = (response: PacketronResponse, path: string) => void;

/** A Cache-Control for all files, or a function that returns it for a path on disk. */
export type CacheControl = string | ((path: string) => string | undefined);

/** Options of `server.serve()`. */
export interface ServeOptions extends ServingOptions {
  /** The path of the directory. A relative path starts at the working directory. */
  directory: string;
  /**
   * The path of URLs below which the files are served.
   * @default "" (the root)
   */
  pathPrefix?: string;
  /**
   * Extensions without their dot. They are tried in this order when no file has the requested name: with `["html"]`,
   * `/about` is answered with `about.html`.
   * @default [] (none)
   */
  extensions?: readonly string[];
  /**
   * The names of the file that answers for a directory, in order of preference; `[]` for no such file. They replace
   * the name of the flag INDEX_HTML, which is not needed with them.
   * @default ["index.html"] with INDEX_HTML, else [] (none)
   */
  index?: readonly string[];
  /**
   * The file, relative to the directory, that answers when no other file has the path: for applications that choose
   * their page in the browser. It answers GET and HEAD of clients that accept HTML. A client that accepts any type
   * (`Accept: *\/*`, or no Accept) gets it only for a path without an extension, so that a missing script stays a
   * 404. Paths with a name that begins with a dot never get it.
   * @default none
   * @example
   * server.serve({ directory: "./dist", fallback: "index.html", ignores: ["/api"] });
   */
  fallback?: string;
  /**
   * Paths of the server that never get the `fallback`: a path with all paths below it (`"/api"`), or a regular
   * expression.
   * @default []
   */
  ignores?: readonly (string | RegExp)[];
}

/** Options of `server.serveFile()`. */
export interface ServeFileOptions extends ServingOptions {
  /** The path of URLs at which the file is served. It must match exactly; `:` and `*` are literal. */
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
  flags?: number;
  /**
   * The directory that the file must be in. Set it when a client chooses the name. The path is relative to it, and a
   * file outside of it is never sent, neither by `..` nor by a symbolic link.
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
 * @throws PKT_OPTION_INVALID
 */
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

function isSetting(name: string): name is keyof StaticSettings {
  return Object.hasOwn(defaults, name);
}
