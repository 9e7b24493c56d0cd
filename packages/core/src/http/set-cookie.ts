/**
 * Serialises the cookies that a response sets: one `Set-Cookie` line each (RFC 6265 section 4.1 and its successor
 * draft).
 */

import { coreError, type PacketronError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";

type AnyCase<Text extends string> = Text | Capitalize<Text> | Uppercase<Text>;

/** Options of `response.setCookie()`. The browser decides about an option that is absent. */
export interface CookieOptions {
  /**
   * The lifetime of the cookie in seconds, rounded down; 0 or less removes the cookie. Overrides `expires`. If both are
   * absent, the cookie lasts until the browser is closed.
   */
  maxAge?: number | undefined;
  /** The time at which the cookie expires, by the clock of the browser. `maxAge` works even if that clock is wrong. */
  expires?: Date | undefined;
  /**
   * The browser sends the cookie only to this path and the paths below it. If absent, browsers use the directory of the
   * request's path.
   */
  path?: string | undefined;
  /**
   * The browser sends the cookie to this host name and to its subdomains. If absent, only the host of the request gets
   * the cookie. Browsers ignore a leading dot, and refuse the cookie if the name has a trailing dot, an empty label
   * (`domain..com`) or a port.
   */
  domain?: string | undefined;
  /**
   * Hides the cookie from scripts.
   * @default false
   */
  httpOnly?: boolean | undefined;
  /**
   * The browser sends the cookie over HTTPS only. `sameSite: "none"` and `partitioned` imply `secure`, because browsers
   * refuse such a cookie without `Secure`.
   * @default false
   */
  secure?: boolean | undefined;
  /**
   * Which requests from other sites carry the cookie. The word may have any letter case. Absent: browsers mostly use
   * `lax`.
   */
  sameSite?: AnyCase<"strict" | "lax" | "none"> | undefined;
  /**
   * The priority of the cookie: a browser with too many cookies drops low ones first. The word may have any letter
   * case.
   */
  priority?: AnyCase<"low" | "medium" | "high"> | undefined;
  /**
   * The browser keeps a separate cookie for each site that embeds this site in a page (CHIPS).
   * @default false
   */
  partitioned?: boolean | undefined;
}

/** Matches a character that the name of a cookie cannot have, because the name is a token (RFC 9110 section 5.6.2). */
const NOT_IN_NAME = /[^!#$%&'*+\-.^_`|~\w]/;
/**
 * Matches a character that the path of a cookie cannot have: neither a space nor visible ASCII, or the semicolon, which
 * would begin another attribute.
 */
const NOT_IN_PATH = /[^\x20-\x3a\x3c-\x7e]/;
/**
 * Matches a character that a domain cannot have: no letter, digit, hyphen, underscore or dot. Old servers write a dot
 * at the start of a domain.
 */
const NOT_IN_DOMAIN = /[^a-z\d_.-]/i;

/** Matches labels of 1 to 63 characters (RFC 1034 section 3.1). A browser does not accept other labels as a domain. */
const HOST_NAME = /^[^.]{1,63}(?:\.[^.]{1,63})*$/;
/**
 * The longest host name, in characters: RFC 1034 section 3.1 allows 255 octets, of which a length and the root label
 * take two.
 */
const MAX_HOST_NAME = 253;

const SAME_SITE: ReadonlyMap<string, string> = new Map([
  ["strict", "Strict"],
  ["lax", "Lax"],
  ["none", "None"],
]);
const PRIORITY: ReadonlyMap<string, string> = new Map([
  ["low", "Low"],
  ["medium", "Medium"],
  ["high", "High"],
]);

/**
 * Serialises one `Set-Cookie` line. The value is percent-encoded; `parseCookies()` decodes it.
 *
 * @throws PKT_COOKIE_INVALID when a name, path, domain, date, number or word is not valid.
 * @example
 * serializeCookie("session", "a b", { path: "/", maxAge: 3600, sameSite: "lax" });
 * // "session=a%20b; Max-Age=3600; Path=/; SameSite=Lax"
 */
export function serializeCookie(name: string, value: string, options: CookieOptions = {}): string {
  assertText(name, "name", name, NOT_IN_NAME);
  const { maxAge, expires, path, domain } = options;
  const sameSite = readWord(name, "sameSite", options.sameSite, SAME_SITE);
  const priority = readWord(name, "priority", options.priority, PRIORITY);
  const secure = options.secure === true || options.partitioned === true || sameSite === "None";

  let line = `${name}=${encodeValue(name, value)}`;
  if (maxAge !== undefined) line += `; Max-Age=${readSeconds(name, maxAge)}`;
  if (domain !== undefined) line += `; Domain=${assertDomain(name, domain)}`;
  if (path !== undefined) line += `; Path=${assertText(name, "path", path, NOT_IN_PATH)}`;
  if (expires !== undefined) line += `; Expires=${readDate(name, expires)}`;
  if (options.httpOnly === true) line += "; HttpOnly";
  if (secure) line += "; Secure";
  if (sameSite !== undefined) line += `; SameSite=${sameSite}`;
  if (priority !== undefined) line += `; Priority=${priority}`;
  if (options.partitioned === true) line += "; Partitioned";
  return line;
}

/**
 * Serialises the `Set-Cookie` line that removes a cookie: an empty value that expired in 1970. The browser removes the
 * cookie only if its path and domain are the same as when it was set.
 */
export function serializeClearedCookie(name: string, options: CookieOptions = {}): string {
  return serializeCookie(name, "", { ...options, maxAge: 0, expires: new Date(0) });
}

/**
 * Adds a line to the `Set-Cookie` lines of a response. The new line replaces an old line with the same cookie name,
 * path and domain: if a response had both, browsers would use the later line, and some proxies the first.
 *
 * @param lines What `response.getHeader("Set-Cookie")` gives.
 */
export function mergeSetCookie(
  lines: number | string | readonly string[] | undefined,
  line: string,
): string[] {
  if (lines === undefined) return [line];
  const list = Array.isArray(lines) ? lines : [String(lines)];
  const start = line.slice(0, line.indexOf("=") + 1);
  const identity = identify(line);
  return [...list.filter((other) => !other.startsWith(start) || identify(other) !== identity), line];
}

/**
 * Returns the domain and path of a `Set-Cookie` line, which tell apart two cookies with the same name. If an attribute
 * is repeated, the last value counts (RFC 6265 section 5.3).
 */
function identify(line: string): string {
  let path = "";
  let domain = "";
  for (const attribute of line.split(";").slice(1)) {
    const [key = "", value = ""] = attribute.split("=", 2);
    if (/^\s*path\s*$/i.test(key)) path = value.trim();
    if (/^\s*domain\s*$/i.test(key)) domain = value.trim().toLowerCase().replace(/^\./, "");
  }
  return `${domain};${path}`;
}

function encodeValue(name: string, value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    throw invalid(name, "the value has half of a surrogate pair, which UTF-8 cannot encode");
  }
}

function readSeconds(name: string, maxAge: unknown): number {
  if (typeof maxAge !== "number" || !Number.isFinite(maxAge)) {
    throw invalid(name, `maxAge is ${showValue(maxAge)}, expected a number of seconds`);
  }
  // JavaScript may write a larger number with an exponent, which a cookie cannot have.
  return Math.floor(Math.min(Math.max(maxAge, -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
}

function readDate(name: string, expires: unknown): string {
  const year = expires instanceof Date ? expires.getUTCFullYear() : Number.NaN;
  // RFC 6265 section 5.1.1: browsers accept years of four digits, from 1601.
  if (expires instanceof Date && year >= 1601 && year <= 9999) return expires.toUTCString();
  const received = expires instanceof Date ? `a Date of the year ${year}` : showValue(expires);
  throw invalid(name, `expires is ${received}, expected a valid Date between the years 1601 and 9999`);
}

function assertText(name: unknown, what: string, text: unknown, illegal: RegExp): string {
  if (typeof text !== "string" || text === "")
    throw invalid(name, `${what} is ${showValue(text)}, expected a text`);
  const character = illegal.exec(text)?.[0];
  if (character !== undefined)
    throw invalid(name, `${what} has the illegal character ${JSON.stringify(character)}`);
  return text;
}

function assertDomain(name: unknown, domain: unknown): string {
  const text = assertText(name, "domain", domain, NOT_IN_DOMAIN);
  const host = text.startsWith(".") ? text.slice(1) : text;
  if (host.length <= MAX_HOST_NAME && HOST_NAME.test(host)) return text;
  throw invalid(name, `domain is ${showValue(text)}, expected a host name such as "example.com"`);
}

function readWord(
  name: string,
  option: string,
  word: unknown,
  words: ReadonlyMap<string, string>,
): string | undefined {
  if (word === undefined) return undefined;
  const known = typeof word === "string" ? words.get(word.toLowerCase()) : undefined;
  if (known !== undefined) return known;
  throw invalid(
    name,
    `${option} is ${showValue(word)}, expected ${[...words.keys()].join(", ")} in any case`,
  );
}

function invalid(name: unknown, problem: string): PacketronError {
  return coreError("PKT_COOKIE_INVALID", { name: showValue(name), problem });
}
