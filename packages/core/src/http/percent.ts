/** Tolerant percent-decoding of the queries and cookies that clients send. */

/**
 * Matches a `%` that does not begin the escape of an ASCII character. In a text without a match, decodeURIComponent()
 * cannot throw.
 */
const NOT_ASCII_ESCAPE = /%(?![0-7][\da-f])/i;

/**
 * Matches percent-encoded, well-formed UTF-8 (RFC 3629 section 4). The bound of 100 keeps the stack for backtracking
 * small. A longer run of escapes gives several matches, each of whole characters.
 */
const WELL_FORMED =
  /(?:%[0-7][\da-f]|%(?:c[2-9a-f]|d[\da-f])%[89ab][\da-f]|%(?:e0%[ab]|e[1-9a-cef]%[89ab]|ed%[89])[\da-f]%[89ab][\da-f]|%(?:f0%[9ab]|f[1-3]%[89ab]|f4%8)[\da-f](?:%[89ab][\da-f]){2}){1,100}/gi;

/**
 * Decodes well-formed percent-encoding and keeps any other text as it is: `100%` stays `100%`, `%zz%41` becomes `%zzA`.
 * Takes linear time and never throws: a URIError costs microseconds, and a request can contain thousands of malformed
 * escapes.
 */
export function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  if (!NOT_ASCII_ESCAPE.test(text)) return decodeURIComponent(text);
  return text.replace(WELL_FORMED, decodeRun);
}

function decodeRun(run: string): string {
  return decodeURIComponent(run);
}
