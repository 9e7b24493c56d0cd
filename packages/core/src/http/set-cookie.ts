/** Cookies that a response sets: one `Set-Cookie` line each (RFC 6265 section 4.1, and its successor draft). */

import { coreError, type PacketronError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";

type AnyCase<Text extends string> = Text | Capitalize<Text> | Uppercase<Text>;

/** Options of `response.setCookie()`. What is absent is left to the browser. */
export interface CookieOptions {
  /** Lifetime in seconds, rounded down; 0 or less removes the cookie. Wins over `expires`. Absent: until the browser ends. */
  maxAge?: number | undefined;
  /** The moment at which the cookie ends; `maxAge` does not depend on the client's clock. */
  expires?: Date | undefined;
  /** The paths it is sent to: this one and those below it. Absent: the directory of the request's path. */
  path?: string | undefined;
  /**
   * The host name that it is sent to, with its subdomains. Browsers ignore a leading dot; they do not take a cookie with a
   * trailing dot, an empty label (`domain..com`) or a port in it. Absent: the host of the request alone.
   */
  domain?: string | undefined;
  /**
   * Hides it from scripts.
   * @default false
   */
  httpOnly?: boolean | undefined;
  /**
   * Sent over HTTPS only. Set by itself with `sameSite: "none"` and `partitioned`, which browsers refuse without it.
   * @default false
   */
  secure?: boolean | undefined;
  /** Whether requests from other sites carry it, in any case. Absent: `lax` in most browsers. */
  sameSite?: AnyCase<"strict" | "lax" | "none"> | undefined;
  /** Which cookies a browser drops last when it has too many, in any case. */
  priority?: AnyCase<"low" | "medium" | "high"> | undefined;
  /**
   * Kept apart for each site that embeds this one (CHIPS).
   * @default false
   */
  partitioned?: boolean | undefined;
}

/** What is not of a token, RFC 9110 section 5.6.2. */
const NOT_IN_NAME = /[^!#$%&'*+\-.^_`|~\w]/;
/** What is not visible ASCII or a space, and the semicolon that would begin another attribute. */
const NOT_IN_PATH = /[^\x20-\x3a\x3c-\x7e]/;
/** Letters, digits, hyphens, underscores and dots; old servers write a leading dot, which browsers ignore. */
const NOT_IN_DOMAIN = /[^a-z\d_.-]/i;

/** Labels of 1 to 63 characters (RFC 1034 section 3.1): no browser takes another one for a domain of its host. */
const HOST_NAME = /^[^.]{1,63}(?:\.[^.]{1,63})*$/;
/** Characters of the longest host name, RFC 1034 section 3.1: 255 octets with the lengths of the labels and the root. */
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
 * One `Set-Cookie` line. The value is percent-encoded, as `parseCookies()` reads it.
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

/** The line that removes a cookie: an empty value that ended in 1970. Browsers ask for the path and domain it was set with. */
export function serializeClearedCookie(name: string, options: CookieOptions = {}): string {
  return serializeCookie(name, "", { ...options, maxAge: 0, expires: new Date(0) });
}

/**
 * Adds a line to those that are there. One of the same name, path and domain is replaced: browsers would keep the later
 * one, and some proxies the first.
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

/** What tells cookies of one name apart: of a repeated attribute the last one counts (RFC 6265 section 5.3). */
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
    throw invalid(name, "the value has half of a surrogate pair, which no encoding can carry");
  }
}

function readSeconds(name: string, maxAge: unknown): number {
  if (typeof maxAge !== "number" || !Number.isFinite(maxAge)) {
    throw invalid(name, `maxAge is ${showValue(maxAge)}, expected a number of seconds`);
  }
  // Beyond that JavaScript writes an exponent, which is no number in a cookie.
  return Math.floor(Math.min(Math.max(maxAge, -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
}

function readDate(name: string, expires: unknown): string {
  const year = expires instanceof Date ? expires.getUTCFullYear() : Number.NaN;
  // RFC 6265 section 5.1.1: browsers read four digits, from 1601 on.
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
