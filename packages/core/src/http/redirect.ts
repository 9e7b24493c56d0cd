/** The location of a redirect as the value of a header. */

/** The statuses with which a client goes to another location, RFC 9110 section 15.4. */
export const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** Whether a value is the status of a redirect. */
export function isRedirect(status: unknown): status is number {
  return typeof status === "number" && redirectStatuses.includes(status);
}

/**
 * Control characters. Attack: a browser removes tabs and line breaks from a location, so `/<tab>/host` would redirect
 * to another host; in other servers a line break would begin a new header.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what the expression is for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** The characters outside a URI reference (RFC 3986 section 2), and a `%` without two hexadecimal digits after it. */
const FOREIGN = /[^\w!#$%&'()*+,\-./:;=?@[\]~]+|%(?![\da-f]{2})/gi;

/**
 * Percent-encodes the characters that a URI cannot have, such as a space, a backslash and letters beyond ASCII. Keeps
 * escapes. Returns `null` for a text with control characters, and for an empty one.
 *
 * @example
 * encodeLocation("/search?q=über 50%"); // "/search?q=%C3%BCber%2050%25"
 */
export function encodeLocation(location: string): string | null {
  if (location === "" || CONTROL.test(location)) return null;
  return location.toWellFormed().replace(FOREIGN, encodeURIComponent);
}
