/**
 * Values of headers as text. Node looks at a value when it is set, and writes it as it is by then: a list may have changed,
 * and the `toString()` of an object may give something else. Here it becomes text once, and that text is looked at.
 */
import { http } from "../node/http.ts";

/** Whether a value says the same whenever it is asked. */
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
