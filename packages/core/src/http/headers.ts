/**
 * Headers: names in any case (RFC 9110 section 5.1), and values as text. Node checks a value when it is set, and writes what
 * it is by then: a list may have changed, and the `toString()` of an object may give something else. Here it becomes text
 * once, and that text is checked.
 */
import { http } from "../node/http.ts";

/**
 * Whether a name is the expected one, which is in lower case. Names of one length nearly always differ in the first
 * character: that rules most of them out before anything is lower-cased.
 */
export function isHeaderName(name: string, expected: string): boolean {
  return (
    name.length === expected.length &&
    (name.charCodeAt(0) | 0x20) === expected.charCodeAt(0) &&
    (name === expected || name.toLowerCase() === expected)
  );
}

/** Whether a value has the same text each time: an object or a function may give another one. */
export function isConstant(value: unknown): boolean {
  return (typeof value !== "object" && typeof value !== "function") || value === null;
}

/**
 * The text of a value, of a list its members.
 *
 * @throws ERR_INVALID_CHAR for one that would break the head; what a `toString()` throws.
 */
export function headerText(name: string, value: unknown): string | string[] {
  return Array.isArray(value) ? value.map((member) => checkedText(name, member)) : checkedText(name, value);
}

function checkedText(name: string, value: unknown): string {
  const text = String(value);
  http.validateHeaderValue(name, text);
  return text;
}
