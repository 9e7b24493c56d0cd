/**
 * Compares header names in any letter case (RFC 9110 section 5.1), and converts header values to text. Node checks a
 * value when it is set, and converts it to text later. In between a list may change, and the `toString()` of an object
 * may return another text the second time. The functions here convert a value once, and check the resulting text.
 */
import { http } from "../node/http.ts";

/**
 * Whether a header name, in any letter case, equals `expected`, which is in lower case. Different names of equal length
 * nearly always differ in the first character, so that is compared before the name is converted to lower case.
 */
export function isHeaderName(name: string, expected: string): boolean {
  return (
    name.length === expected.length &&
    (name.charCodeAt(0) | 0x20) === expected.charCodeAt(0) &&
    (name === expected || name.toLowerCase() === expected)
  );
}

/**
 * Whether a header value gives the same text each time it is converted. An object or a function may give different
 * texts.
 */
export function isConstant(value: unknown): boolean {
  return (typeof value !== "object" && typeof value !== "function") || value === null;
}

/**
 * Converts the value of a header to text, or a list of values to a list of texts.
 *
 * @throws Node's ERR_INVALID_CHAR for a text with characters that a header must not have, such as a line feed; any
 *   error that a `toString()` throws.
 */
export function headerText(name: string, value: unknown): string | string[] {
  return Array.isArray(value) ? value.map((member) => checkedText(name, member)) : checkedText(name, value);
}

function checkedText(name: string, value: unknown): string {
  const text = String(value);
  http.validateHeaderValue(name, text);
  return text;
}
