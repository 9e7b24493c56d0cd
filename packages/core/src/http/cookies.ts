/** Parses the cookies that a client sends. Accepts all that browsers send (RFC 6265bis section 5.8.3). */
import { decodePercent } from "./percent.ts";

/**
 * Parses a `Cookie` header, in linear time. Of duplicates the first one wins: browsers send the cookie with the longest
 * path first. Quotes belong to the value (RFC 6265bis section 4.1.1). Well-formed percent-encoding is decoded. A pair
 * without a name is skipped. The result has no prototype, so `__proto__` is a name like any other.
 *
 * @example
 * parseCookies("theme=dark; session=a%20b"); // { theme: "dark", session: "a b" }
 */
export function parseCookies(header: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null);
  if (header === undefined) return cookies;
  let start = 0;
  while (start < header.length) {
    const semicolon = header.indexOf(";", start);
    const end = semicolon === -1 ? header.length : semicolon;
    addPair(cookies, header.slice(start, end));
    start = end + 1;
  }
  return cookies;
}

function addPair(cookies: Record<string, string>, pair: string): void {
  const equals = pair.indexOf("=");
  if (equals === -1) return;
  const name = trimBlanks(pair, 0, equals);
  if (name === "" || cookies[name] !== undefined) return;
  cookies[name] = decodePercent(trimBlanks(pair, equals + 1, pair.length));
}

/**
 * Removes spaces and tabs around a text. `trim()` would also remove no-break spaces. A page could then set a cookie
 * whose name begins with a no-break space and `__Host-`: the browser does not protect such a cookie, but the server
 * would read it as a `__Host-` cookie.
 */
function trimBlanks(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
