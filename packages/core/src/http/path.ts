/**
 * Converts the path of each request to one canonical form, before the router, the checks that guard routes and the file
 * look-up read the path. So another spelling (`%61`, `//`, `/./`, `%2F`) cannot reach a route or a file past its
 * checks.
 */

import { coreError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { pathAdvice } from "./path-advice.ts";

/** The type of the parameters of a path pattern: `ParamsOf<"users/:id">` is `{ readonly id: string }`. */
export type ParamsOf<Path extends string> = string extends Path
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParamNames<Path>]: string };

type ParamNames<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? ParamName<Segment> | ParamNames<Rest>
  : ParamName<Path>;

/**
 * The type of the parameter's name in a path segment. A segment of type `string` (`${string}/:id`) may contain any
 * name.
 */
type ParamName<Segment extends string> = string extends Segment
  ? string
  : Segment extends `:${infer Name}`
    ? Name
    : Segment extends "*"
      ? "*"
      : never;

/**
 * What {@link canonicalPath} returns for a path that no route can have: a path with an empty inner segment, `.`, `..`,
 * a decoded slash or a control character.
 */
export const UNREACHABLE = "";

/**
 * What `canonicalSegments()` returns for a path with a character that other programs, such as a file system, may
 * misread.
 */
const ILLEGAL = "\\";

/**
 * Matches characters that a path segment must not have. RFC 3986 section 7.3 warns of NUL. Some programs take a
 * backslash for a slash, and a line break may end a header.
 */
const ILLEGAL_IN_SEGMENT = /[\\\0\r\n]/;

/** Matches a URL in absolute-form, RFC 9112 section 3.2.2: authority, then path and query. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#\\]*)((?:[/?][^#]*)?)$/i;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern must match control characters
const FORBIDDEN_IN_SEGMENT = /[/\u0000-\u001f\u007f]/;

/**
 * Returns the canonical path of a request target: the path without the query, with each segment decoded once.
 *
 * @returns The path with its leading slash; {@link UNREACHABLE} for a path that no route can have (404); `null` for a
 *   malformed target (400).
 */
export function canonicalPath(target: string): string | null {
  if (target.charCodeAt(0) !== 47 /* / */) return canonicalAbsolute(target);
  // Most paths are canonical already: one pass over the characters proves it without an allocation.
  for (let index = 1; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code === 63 /* ? */) return target.includes("#", index) ? null : target.slice(0, index);
    const plain =
      code > 32 && code < 127 && code !== 37 /* % */ && code !== 92 /* \ */ && code !== 35; /* # */
    if (!plain) return canonicalTarget(target);
    const afterSlash = target.charCodeAt(index - 1) === 47;
    if (afterSlash && (code === 47 || code === 46) /* . */) return canonicalTarget(target);
  }
  return target;
}

function canonicalTarget(target: string): string | null {
  const path = canonicalSegments(target, decodeBytes);
  return path === ILLEGAL ? null : path;
}

/**
 * Splits a target in absolute-form (`http://host/path`) into its authority (host and port) and its path with the query;
 * `null` for a target of another form.
 */
export function splitAbsoluteForm(target: string): { authority: string; path: string } | null {
  const match = ABSOLUTE_FORM.exec(target);
  if (match === null) return null;
  const [, authority = "", rest = ""] = match;
  return { authority, path: rest.startsWith("/") ? rest : `/${rest}` };
}

/** A parsed route path: its canonical text, and its segments when it is a pattern. */
export interface RoutePath {
  /** The decoded path with a leading slash; `:name` and `*` of a pattern are kept as they were written. */
  readonly text: string;
  /** The segments of a pattern, `null` for an exact path. */
  readonly pattern: readonly PatternSegment[] | null;
}

/** One segment of a pattern. Its `text` is the decoded literal, the name of the parameter, or `*` for the rest. */
export interface PatternSegment {
  readonly kind: "literal" | "param" | "rest";
  readonly text: string;
}

/**
 * Parses the path of a route. The leading slash may be missing. `:name` and a trailing `*` make the path a pattern;
 * written as `%3A` and `%2A`, both are literal characters.
 *
 * @param exact Whether `:` and `*` are literal characters.
 * @param option The option that has the path, for the message.
 * @throws PKT_ROUTE_PATH with the path and what is wrong with it.
 */
export function parseRoutePath(path: unknown, exact: boolean, option = "routePath"): RoutePath {
  const refuse = (problem: string): Error => routePathError(option, path, problem);
  const advice = pathAdvice(path, exact);
  if (advice !== undefined) throw refuse(advice);
  if (typeof path !== "string") throw refuse('expected a string such as "api/users/:id"');
  if (/[?#]/.test(path))
    throw refuse("a route path has no query and no fragment; read the query in the handler");
  const written = path.startsWith("/") ? path : `/${path}`;
  const text = canonicalSegments(written, decodeText);
  if (text === null) throw refuse("it has malformed percent-encoding; write % as %25");
  if (text === UNREACHABLE || text === ILLEGAL) {
    throw refuse('an empty inner segment, ".", "..", a backslash or a control character can never match');
  }
  if (exact) return { text, pattern: null };
  const decoded = text.slice(1).split("/");
  const segments = written
    .slice(1)
    .split("/")
    .map((segment, index) => readSegment(segment, decoded[index]));
  if (segments.every(({ kind }) => kind === "literal")) return { text, pattern: null };
  assertPattern(segments, refuse);
  return { text, pattern: segments };
}

/**
 * Removes the trailing slash of a route path. A server with IGNORE_TRAILING_SLASH does the same with the path of each
 * request.
 */
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
  if (target.includes("#")) return null; // a client does not send the fragment, RFC 9112 section 3.2
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  const segments = path.slice(1).split("/");
  const decoded: string[] = [];
  let reachable = true;
  for (const segment of segments) {
    const text = decode(segment);
    if (text === null) return null;
    if (ILLEGAL_IN_SEGMENT.test(text)) return ILLEGAL;
    const empty = text === "" && decoded.length < segments.length - 1;
    if (empty || text === "." || text === ".." || FORBIDDEN_IN_SEGMENT.test(text)) reachable = false;
    decoded.push(text);
  }
  return reachable ? `/${decoded.join("/")}` : UNREACHABLE;
}

/**
 * Decodes a path segment of a request. Node gives each unescaped byte as a Latin-1 character, which is decoded as if
 * the byte had been percent-encoded.
 */
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

/**
 * Parses a segment of a route path. The text before decoding decides whether the segment is a literal, a parameter or
 * `*`: `%3Aid` is the literal `:id`.
 */
function readSegment(written: string, decoded = ""): PatternSegment {
  if (written === "*") return { kind: "rest", text: "*" };
  return written.startsWith(":")
    ? { kind: "param", text: written.slice(1) }
    : { kind: "literal", text: decoded };
}

function assertPattern(segments: readonly PatternSegment[], refuse: (problem: string) => Error): void {
  const names = new Set<string>();
  for (const [index, { kind, text }] of segments.entries()) {
    if (kind === "rest" && index !== segments.length - 1)
      throw refuse('"*" matches the rest, so it must be the last segment');
    if (kind !== "param") continue;
    if (!/^[A-Za-z_$][\w$]*$/.test(text)) throw refuse(`":${text}" needs a name of letters, digits and _`);
    if (names.has(text)) throw refuse(`the parameter "${text}" appears in it twice`);
    names.add(text);
  }
}

function routePathError(option: string, path: unknown, problem: string): Error {
  return coreError("PKT_ROUTE_PATH", { option, path: showValue(path), problem });
}
