/** Checks and reads the options of `serve()`, `serveFile()` and `sendFile()`. Each error says what was expected. */
import { basename } from "node:path";
import { optionError, PacketronFileRouterFlags } from "@packetron/core/capability";
import type { Description } from "./files/served-file.ts";
import type { SendFileOptions, ServeOptions, ServingOptions, SetHeaders } from "./options.ts";

const { INDEX_HTML, STRONG_ETAG } = PacketronFileRouterFlags;

/** One year in seconds. RFC 2616 section 14.21 advised against a longer lifetime, and a year is still common. */
const YEAR = 31_536_000;

/** Checks that a value is a path. Attack: the system would ignore the part of a path after a NUL character. */
export function assertPath(option: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || value === "" || value.includes("\0"))
    throw optionError(option, value, 'a path such as "./public"');
}

/** Checks that a value can be the URL path below which files are served; `""` stands for the root. */
export function assertPrefix(value: unknown): asserts value is string {
  if (typeof value !== "string" || value.includes("\0"))
    throw optionError("pathPrefix", value, 'a path of URLs such as "static"');
}

/** Reads the options for the headers that describe files. */
export function readDescription(options: ServingOptions | SendFileOptions): Description {
  const etag = readSwitch("etag", options.etag);
  const isStrong = ((options.flags ?? 0) & STRONG_ETAG) !== 0;
  if (isStrong && !etag) throw optionError("etag", false, "true, or no flag STRONG_ETAG");
  return {
    tag: !etag ? "none" : isStrong ? "strong" : "weak",
    dated: readSwitch("lastModified", options.lastModified),
    acceptRanges: readSwitch("acceptRanges", options.acceptRanges),
    cacheControl: readCacheControl(options),
  };
}

/** Reads a `setHeaders` option. */
export function readSetHeaders(value: unknown): SetHeaders | null {
  if (value === undefined) return null;
  if (!isFunction(value))
    throw optionError("setHeaders", value, "a function (response, path) that sets headers");
  if (value.constructor.name === "AsyncFunction")
    throw optionError("setHeaders", value, "a synchronous function");
  return (response, path) => void value(response, path);
}

/** Reads the option `index`: the names of the files, such as `index.html`, that are sent for a directory. */
export function readIndex({ index, flags = 0 }: ServeOptions): readonly string[] {
  if (index === undefined) return (flags & INDEX_HTML) === 0 ? [] : ["index.html"];
  const names = readList("index", index, isFileName, 'a list of file names such as ["index.html"]');
  if (names.length === 0 && (flags & INDEX_HTML) !== 0)
    throw optionError("index", index, "one name or more, or no flag INDEX_HTML");
  return names;
}

/** Reads the option `extensions`, and puts a dot before each extension. */
export function readExtensions({ extensions = [] }: ServeOptions): readonly string[] {
  const expected = 'a list of extensions without their dot, such as ["html"]';
  return readList("extensions", extensions, isFileName, expected).map((extension) => `.${extension}`);
}

/** Reads the options `fallback` and `ignores`: the fallback file, and the URL paths that it never answers. */
export function readFallback({ fallback, ignores }: ServeOptions): Fallback | null {
  if (fallback === undefined && ignores !== undefined)
    throw optionError(
      "ignores",
      ignores,
      "the option fallback, too: ignores names the paths that do not get the fallback",
    );
  if (fallback === undefined) return null;
  const file = typeof fallback === "string" ? fallback.replace(/^\//, "") : "";
  if (!file.split("/").every(isFileName))
    throw optionError("fallback", fallback, 'the path of a file in the directory, such as "index.html"');
  const expected = 'a list of paths and regular expressions, such as ["/api", /\\/v\\d+\\//]';
  const rules = readList("ignores", ignores ?? [], isRule, expected).map(toTest);
  return { file, isIgnored: (path) => rules.some((test) => test(path)) };
}

/** The result of {@link readFallback}. */
export interface Fallback {
  readonly file: string;
  isIgnored(path: string): boolean;
}

/** Returns a function that makes the Cache-Control of a file, from `cacheControl` or from `maxAge` and `immutable`. */
function readCacheControl(options: ServingOptions | SendFileOptions): Description["cacheControl"] {
  const immutable = "immutable" in options ? options.immutable : undefined;
  if (options.maxAge === undefined && immutable === undefined) return readField(options.cacheControl);
  const { cacheControl, maxAge } = options;
  if (cacheControl !== undefined) {
    const other = maxAge === undefined ? "immutable" : "maxAge";
    throw optionError(
      "cacheControl",
      cacheControl,
      `either cacheControl or ${other}, not both: they set the same header`,
    );
  }
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 0))
    throw optionError("maxAge", maxAge, "seconds as an integer, 0 or more; a day is 86400");
  const isImmutable = readImmutable(immutable);
  const common = maxAge === undefined ? undefined : `public, max-age=${maxAge}`;
  const lasting = `public, max-age=${maxAge ?? YEAR}, immutable`;
  return (path, root) => (isImmutable(below(path, root)) ? lasting : common);
}

function readImmutable(value: unknown): (path: string) => boolean {
  if (value === undefined) return () => false;
  if (value instanceof RegExp) return toTest(value);
  if (isFunction(value)) return (path) => value(path) === true;
  const expected =
    "a regular expression or a function that picks files by their path, such as /\\.[0-9a-f]{8}\\./";
  throw optionError("immutable", value, expected);
}

/** Returns the path of a file below the served directory `root`, with slashes; without a root, the file name. */
function below(path: string, root: string | null): string {
  const relative = root === null ? basename(path) : path.slice(root.length).replaceAll("\\", "/");
  return relative.startsWith("/") ? relative : `/${relative}`;
}

/** Reads a `cacheControl` option as a function. */
function readField(value: unknown): (path: string) => string | undefined {
  if (value === undefined) return () => undefined;
  if (typeof value === "string" && isFieldValue(value)) return () => value;
  if (typeof value !== "function")
    throw optionError("cacheControl", value, 'a header value such as "max-age=60", or a function');
  return (path) => {
    const chosen: unknown = value(path);
    if (chosen !== undefined && !(typeof chosen === "string" && isFieldValue(chosen)))
      throw optionError("cacheControl", chosen, "a function that returns a header value or undefined");
    return chosen;
  };
}

function readSwitch(option: string, value: unknown): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? true;
  throw optionError(option, value, "true or false");
}

function readList<Item>(
  option: string,
  value: unknown,
  isItem: (item: unknown) => item is Item,
  expected: string,
): readonly Item[] {
  if (!Array.isArray(value) || !value.every(isItem)) throw optionError(option, value, expected);
  return [...value];
}

/** Whether a value is a file name without folders and without a leading dot, safe to append to a request's path. */
function isFileName(value: unknown): value is string {
  return typeof value === "string" && /^[^./\\\0][^/\\\0]*$/.test(value);
}

function isRule(value: unknown): value is string | RegExp {
  return value instanceof RegExp || (typeof value === "string" && /^\/?[^/]/.test(value));
}

/**
 * Returns a function that tests a path: whether the path is `rule` or below `rule`, or matches the expression `rule`.
 * The flags `g` and `y` are removed, because with them an expression begins at the end of its last match.
 */
function toTest(rule: string | RegExp): (path: string) => boolean {
  if (typeof rule !== "string") {
    const pattern = new RegExp(rule.source, rule.flags.replace(/[gy]/g, ""));
    return (path) => pattern.test(path);
  }
  const text = `/${rule.replace(/^\/|\/$/g, "")}`;
  return (path) => path === text || path.startsWith(`${text}/`);
}

function isFunction(value: unknown): value is (...parameters: unknown[]) => unknown {
  return typeof value === "function";
}

function isFieldValue(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text);
}
