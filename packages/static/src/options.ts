/** The options of the factory, of `serve()`, `serveFile()`, `unserve()` and `sendFile()`, and their checks. */
import { type EndpointOptions, optionError, type PacketronResponse } from "@packetron/core";

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
  /**
   * How long clients and proxies may use a file without asking again, in seconds (serve-static counts milliseconds):
   * 3600 is sent as `Cache-Control: public, max-age=3600`. It cannot stand beside `cacheControl`.
   * @default none is sent
   */
  maxAge?: number;
  /**
   * Which files never change under their name, such as those that have a hash of their content in it: `immutable` is added
   * to their Cache-Control, with `maxAge`, else with a year. A regular expression or a function gets the path below the
   * directory, `"/assets/app.1a2b3c4d.js"`, of a single file its name, `"/app.js"`. It cannot stand beside `cacheControl`.
   * @default none
   * @example
   * server.serve({ directory: "./dist", immutable: /\.[0-9a-f]{8}\.(?:js|css)$/ });
   */
  immutable?: RegExp | ((path: string) => boolean);
  /**
   * Whether an ETag is sent, and If-Match, If-None-Match and If-Range with tags are judged by it.
   * @default true
   */
  etag?: boolean;
  /**
   * Whether Last-Modified is sent, and conditions with dates are judged by it.
   * @default true
   */
  lastModified?: boolean;
  /**
   * Whether parts of a file can be asked for; with `false` a Range is ignored, and `Accept-Ranges: bytes` not sent.
   * @default true
   */
  acceptRanges?: boolean;
  /**
   * Sets headers of its own before a file is sent, at once and not in a promise; they win over those of the file. It is
   * called for 200, 206, 304, 412 and 416, and not for a redirect or a 404.
   * @default none
   * @example
   * server.serve({ directory: "./public", setHeaders: (response) => response.setHeader("X-Frame-Options", "DENY") });
   */
  setHeaders?: SetHeaders;
}

/** Gets the response before it is sent, and the path of its file on disk. */
export type SetHeaders = (response: PacketronResponse, path: string) => void;

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
  /**
   * Extensions, without their dot, that are tried in this order where no file has the name: with `["html"]`, `/about` is
   * answered with `about.html`.
   * @default [] (none)
   */
  extensions?: readonly string[];
  /**
   * The names of the file that answers for a directory, in order of preference; `[]` is none. They take the place of the
   * name that INDEX_HTML means, and the flag is not needed with them.
   * @default ["index.html"] with INDEX_HTML, else [] (none)
   */
  index?: readonly string[];
  /**
   * The file, relative to the directory, that answers where there is no other: for applications that choose their page in
   * the browser. It answers GET and HEAD of clients that accept HTML; one that takes any type (`Accept: *\/*`, or none) gets
   * it only for a path without an extension, so that a script that is missing stays a 404. Names that begin with a dot never
   * get it.
   * @default none
   * @example
   * server.serve({ directory: "./dist", fallback: "index.html", ignores: ["/api"] });
   */
  fallback?: string;
  /**
   * Paths of the server that never get the `fallback`: a text with all that is below it (`"/api"`), or a regular expression.
   * @default []
   */
  ignores?: readonly (string | RegExp)[];
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
export interface SendFileOptions
  extends Pick<ServingOptions, "maxAge" | "etag" | "lastModified" | "acceptRanges"> {
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

function isSetting(name: string): name is keyof StaticSettings {
  return Object.hasOwn(defaults, name);
}
