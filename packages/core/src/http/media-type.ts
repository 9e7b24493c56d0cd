/**
 * Parses the media types that clients send, also those with loose syntax, and compares them with the patterns of body
 * parsers.
 */

/** A parsed media type. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly type: string;
  /**
   * The value of each parameter by its lower-case name. If a name occurs twice, the first value is kept. The object has
   * no prototype.
   */
  readonly parameters: Readonly<Record<string, string>>;
}

const NO_PARAMETERS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** Matches `type/subtype`, where each part is a token of RFC 9110 (section 8.3.1). */
const TYPE = /^[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+$/;

/**
 * Parses a Content-Type field in linear time. It is tolerant, as RFC 9110 section 5.6.6 asks of recipients: names in any
 * letter case, values as tokens or quoted strings, white space around them. A parameter without a name or "=" is skipped.
 *
 * @returns `null` when the field does not begin with `type/subtype`.
 * @example
 * parseMediaType('text/plain; charset="UTF-8"'); // { type: "text/plain", parameters: { charset: "UTF-8" } }
 */
export function parseMediaType(field: string | undefined): MediaType | null {
  if (field === undefined) return null;
  const end = field.indexOf(";");
  const type = (end === -1 ? field : field.slice(0, end)).trim().toLowerCase();
  if (!TYPE.test(type)) return null;
  return { type, parameters: end === -1 ? NO_PARAMETERS : parseParameters(field, end + 1) };
}

/**
 * How closely the pattern of a body parser matches a media type in lower case: 4 if they are equal; 3 if the suffix
 * matches (`application/*+json`, or `*+json` for any type); 2 if the type matches (`text/*`); 1 if the pattern matches
 * every media type; 0 if the pattern does not match.
 */
export function matchScore(pattern: string, type: string): number {
  const wanted = pattern.toLowerCase();
  if (wanted === type) return 4;
  if (wanted === "*/*") return 1;
  const star = wanted.indexOf("*");
  if (star === -1) return 0;
  const suffix = wanted.slice(star + 1);
  // The star stands for at least one character: `application/*+json` does not match `application/+json`.
  const fits =
    type.length > star + suffix.length && type.startsWith(wanted.slice(0, star)) && type.endsWith(suffix);
  if (!fits) return 0;
  if (suffix.startsWith("+")) return 3;
  return star === 0 ? 1 : 2;
}

/**
 * Whether the media type of a Content-Type field is one of some patterns: `"application/json"`, `"text/*"`,
 * `"application/*+json"`, in lower case.
 *
 * @example
 * matchesMediaType("text/html; charset=utf-8", ["text/*"]); // true
 */
export function matchesMediaType(field: string, patterns: readonly string[]): boolean {
  const type = parseMediaType(field)?.type;
  return type !== undefined && patterns.some((pattern) => matchScore(pattern, type) > 0);
}

function parseParameters(field: string, start: number): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = Object.create(null);
  let at = start;
  while (at < field.length) {
    let end = endOfPart(field, at);
    const part = field.slice(at, end);
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(equals, 0)).trim().toLowerCase();
    let value = part.slice(equals + 1).trim();
    if (equals !== -1 && value.startsWith('"')) {
      const quoted = readQuoted(field, field.indexOf('"', at + equals) + 1);
      value = quoted.value;
      end = endOfPart(field, quoted.end); // the semicolon found before may have been inside the quotes
    }
    if (name !== "" && parameters[name] === undefined) parameters[name] = value;
    at = end + 1;
  }
  return parameters;
}

function endOfPart(field: string, start: number): number {
  const semicolon = field.indexOf(";", start);
  return semicolon === -1 ? field.length : semicolon;
}

/**
 * Reads a quoted string up to its closing quote, or to the end of the field if the quote is missing; `\x` stands for
 * `x`.
 */
function readQuoted(field: string, start: number): { readonly value: string; readonly end: number } {
  let value = "";
  let at = start;
  for (; at < field.length && field[at] !== '"'; at++) {
    if (field[at] === "\\") at++;
    value += field[at] ?? "";
  }
  return { value, end: at + 1 };
}
