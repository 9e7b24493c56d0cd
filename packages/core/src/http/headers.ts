/**
 * Headers: names in any letter case (RFC 9110 section 5.1), and values as text. Node checks a value when it is set, and
 * converts it to text later. Between the two a list may change, and the `toString()` of an object may return another
 * text. Here a value is converted once, and that text is checked.
 */
import { http } from "../node/http.ts";

/**
 * Whether a name in any letter case equals the expected one, which is in lower case. Names of equal length nearly always
 * differ in the first character, so that is compared before the name is converted to lower case.
 */
export function isHeaderName(name: string, expected: string): boolean {
  return (
    name.length === expected.length &&
    (name.charCodeAt(0) | 0x20) === expected.charCodeAt(0) &&
    (name === expected || name.toLowerCase() === expected)
  );
}

/** Whether a value is converted to the same text each time. An object or a function may return another one. */
export function isConstant(value: unknown): boolean {
  return (typeof value !== "object" && typeof value !== "function") || value === null;
}

/**
 * Converts the value of a header to text, or a list of values to a list of texts.
 *
 * @throws Node's ERR_INVALID_CHAR for a text that would break the head; any error that a `toString()` throws.
 */
export function headerText(name: string, value: unknown): string | string[] {
  return Array.isArray(value) ? value.map((member) => checkedText(name, member)) : checkedText(name, value);
}

function checkedText(name: string, value: unknown): string {
  const text = String(value);
  http.validateHeaderValue(name, text);
  return text;
}
