/** Narrows values of unknown type, such as caught errors and data from users or other processes. */

/**
 * The code of a caught error as text: `"ENOENT"`, or `"23"` for a numeric code. `undefined` for an error without a
 * code.
 */
export function errorCode(error: unknown): string | undefined {
  if (!isError(error) || !("code" in error)) return undefined;
  return typeof error.code === "string" || typeof error.code === "number" ? String(error.code) : undefined;
}

/** The message of a caught `Error`. A caught value that is not an `Error` is converted to text. */
export function errorReason(error: unknown): string {
  return isError(error) ? error.message : String(error);
}

/**
 * Whether a value is an error. Errors of another realm count, too: jest and the vm pools of vitest run this module in a
 * context of its own, where an error of Node's modules is not an instance of `Error`.
 */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/** Whether a value is an object of any kind, an array included, but not a function. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Whether a value is an object whose properties can be read by name; an array is not. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !Array.isArray(value);
}
