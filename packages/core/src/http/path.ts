/**
 * Paths as text. One canonical form, made once per request before routing, gates and file look-up, so that no other
 * spelling (`%61`, `//`, `/./`, `%2F`) reaches a route or file around its plugins.
 */

import { coreError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";

/** The parameters of a path pattern: `ParamsOf<"users/:id">` is `{ readonly id: string }`. */
export type ParamsOf<Path extends string> = string extends Path
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParamNames<Path>]: string };

type ParamNames<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? ParamName<Segment> | ParamNames<Rest>
  : ParamName<Path>;

/** A segment that is only known to be a string (`${string}/:id`) may hold any name. */
type ParamName<Segment extends string> = string extends Segment
  ? string
  : Segment extends `:${infer Name}`
    ? Name
    : Segment extends "*"
      ? "*"
      : never;

/** What {@link canonicalPath} gives for a path that can exist nowhere: an empty inner segment, `..`, a decoded slash. */
export const UNREACHABLE = "";

/** A URL in absolute-form, RFC 9112 section 3.2.2: authority, then path and query. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#\\]*)((?:[/?][^#]*)?)$/i;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN_IN_SEGMENT = /[/\\\u0000-\u001f\u007f]/;

/**
 * The canonical path of a request target: query cut off, each segment decoded once.
 *
 * @returns The path with its leading slash; {@link UNREACHABLE} for one that no route can have (404); `null` for a
 *   malformed one (400).
 */
export function canonicalPath(target: string): string | null {
  if (target.charCodeAt(0) !== 47 /* / */) return canonicalAbsolute(target);
  // Most paths are canonical already: one pass over the characters proves it, and nothing is allocated.
  for (let index = 1; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code === 63 /* ? */) return target.includes("#", index) ? null : target.slice(0, index);
    const plain =
      code > 32 && code < 127 && code !== 37 /* % */ && code !== 92 /* \ */ && code !== 35; /* # */
    if (!plain) return canonicalSegments(target, decodeBytes);
    const afterSlash = target.charCodeAt(index - 1) === 47;
    if (afterSlash && (code === 47 || code === 46) /* . */) return canonicalSegments(target, decodeBytes);
  }
  return target;
}

/** Host and path of an absolute-form target, or `null` when it has another form. */
export function splitAbsoluteForm(target: string): { authority: string; path: string } | null {
  const match = ABSOLUTE_FORM.exec(target);
  if (match === null) return null;
  const [, authority = "", rest = ""] = match;
  return { authority, path: rest.startsWith("/") ? rest : `/${rest}` };
}

/** What a route path says: its canonical text, and its segments when it is a pattern. */
export interface RoutePath {
  /** With a leading slash, decoded; `:name` and `*` as written. */
  readonly text: string;
  /** The segments of a pattern, `null` for an exact path. */
  readonly pattern: readonly PatternSegment[] | null;
}

/** One segment of a pattern: text that must be there, decoded; a parameter's name; or the rest, whose name is `*`. */
export interface PatternSegment {
  readonly kind: "literal" | "param" | "rest";
  readonly text: string;
}

/**
 * Reads a route path: the leading slash is optional, `:name` and a trailing `*` make it a pattern. Percent-encoded they
 * are literal characters, as `%3A` and `%2A` are in a URL.
 *
 * @param exact Keeps `:` and `*` as literal characters.
 * @throws PKT_ROUTE_PATH naming the path and what is wrong with it.
 */
export function parseRoutePath(path: unknown, exact: boolean): RoutePath {
  if (typeof path !== "string") throw routePathError(path, 'expected a string such as "api/users/:id"');
  if (/[?#]/.test(path))
    throw routePathError(path, "a path has no query and no fragment; read them in the handler");
  const written = path.startsWith("/") ? path : `/${path}`;
  const text = canonicalSegments(written, decodeText);
  if (text === null) throw routePathError(path, "it has malformed percent-encoding; write % as %25");
  if (text === UNREACHABLE) {
    throw routePathError(
      path,
      'an empty inner segment, ".", "..", a backslash or a control character can never match',
    );
  }
  if (exact) return { text, pattern: null };
  const decoded = text.slice(1).split("/");
  const segments = written
    .slice(1)
    .split("/")
    .map((segment, index) => readSegment(segment, decoded[index]));
  if (segments.every(({ kind }) => kind === "literal")) return { text, pattern: null };
  assertPattern(path, segments);
  return { text, pattern: segments };
}

/** The same path for a server with IGNORE_TRAILING_SLASH, whose requests come without it. */
export function withoutTrailingSlash(path: RoutePath): RoutePath {
  const { text, pattern } = path;
  if (text === "/" || !text.endsWith("/")) return path;
  return { text: text.slice(0, -1), pattern: pattern?.slice(0, -1) ?? null };
}

function canonicalAbsolute(target: string): string | null {
  const parts = splitAbsoluteForm(target);
  return parts === null ? null : canonicalPath(parts.path);
}

function canonicalSegments(target: string, decode: (segment: string) => string | null): string | null {
  if (target.includes("#")) return null; // a fragment never goes on the wire, RFC 9112 section 3.2
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  const segments = path.slice(1).split("/");
  const decoded: string[] = [];
  for (const segment of segments) {
    const text = decode(segment);
    if (text === null) return null;
    const empty = text === "" && decoded.length < segments.length - 1;
    if (empty || text === "." || text === ".." || FORBIDDEN_IN_SEGMENT.test(text)) return UNREACHABLE;
    decoded.push(text);
  }
  return `/${decoded.join("/")}`;
}

/** Node hands raw bytes over as Latin-1 characters; as percent-codes they take part in the UTF-8 decoding. */
function decodeBytes(segment: string): string | null {
  return decodeText(segment.replace(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`));
}

function decodeText(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null; // malformed or overlong
  }
}

/** The kind is told by what is written: `%3Aid` decodes to `:id` and is no parameter. */
function readSegment(written: string, decoded = ""): PatternSegment {
  if (written === "*") return { kind: "rest", text: "*" };
  return written.startsWith(":")
    ? { kind: "param", text: written.slice(1) }
    : { kind: "literal", text: decoded };
}

function assertPattern(path: string, segments: readonly PatternSegment[]): void {
  const names = new Set<string>();
  for (const [index, { kind, text }] of segments.entries()) {
    if (kind === "rest" && index !== segments.length - 1)
      throw routePathError(path, '"*" matches the rest, so it stands last');
    if (kind !== "param") continue;
    if (!/^[A-Za-z_$][\w$]*$/.test(text))
      throw routePathError(path, `":${text}" needs a name of letters, digits and _`);
    if (names.has(text)) throw routePathError(path, `the parameter "${text}" stands in it twice`);
    names.add(text);
  }
}

function routePathError(path: unknown, problem: string): Error {
  return coreError("PKT_ROUTE_PATH", { path: showValue(path), problem });
}
