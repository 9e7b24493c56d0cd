/** Turns the values of log fields into text that is shortened and escaped. Values that JSON cannot hold do not throw. */
import { errorCode, isError } from "../errors/narrow.ts";

/** The longest text of one log field's value, in UTF-16 units: an attacker must not fill the disk with long values. */
const VALUE_LIMIT = 2_048;

/** The longest stack of one error in a log line, in UTF-16 units. */
const TRACE_LIMIT = 8_192;

/** How many nested causes of an error a log line shows. */
const CAUSE_LIMIT = 4;

/**
 * Matches control characters (an escape sequence repaints the terminal, a line feed forges a line), line separators, and
 * the marks that change the direction of text (they make one line read as another).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern must match control characters
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Converts a value to JSON on one line. A value that JSON cannot hold is replaced by its kind: `"[function]"`. */
export function toJsonText(value: unknown): string {
  // `JSON.stringify()` with a function takes five times as long, also for what it leaves as it is.
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (typeof value === "string" && value.length <= VALUE_LIMIT / 2)
    return escapeUnsafe(JSON.stringify(value));
  let text: string | undefined;
  try {
    text = JSON.stringify(value, replaceForJson);
  } catch (error) {
    text = JSON.stringify(`[not serialisable: ${isError(error) ? error.message : "unknown"}]`);
  }
  if (text === undefined) return JSON.stringify(`[${typeof value}]`);
  const limit = isError(value) ? TRACE_LIMIT * 2 : VALUE_LIMIT;
  return escapeUnsafe(text.length > limit ? JSON.stringify(cut(text, limit)) : text);
}

/**
 * Escapes each character that could forge a log line or repaint the terminal: the escape character becomes `\u001b`.
 */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Shortens a text to `limit` UTF-16 units, and appends how many units were cut off. */
export function cut(text: string, limit: number = VALUE_LIMIT): string {
  return text.length > limit ? `${text.slice(0, limit)}… (${text.length - limit} more)` : text;
}

/** The name, code and message of an error: `PacketronError [PKT_BODY_INVALID]: message`. */
export function describeError(error: Error): string {
  const code = errorCode(error);
  return `${error.name}${code === undefined ? "" : ` [${code}]`}: ${cut(error.message)}`;
}

/** The lines of an error below its message: its stack frames, then each cause with the frames of the cause. */
export function traceOf(error: Error): string[] {
  const lines = framesOf(error);
  let cause = error.cause;
  for (let depth = 0; depth < CAUSE_LIMIT && cause !== undefined; depth++) {
    if (!isError(cause)) {
      lines.push(`caused by: ${toJsonText(cause)}`);
      break;
    }
    lines.push(`caused by: ${describeError(cause)}`, ...framesOf(cause));
    cause = cause.cause;
  }
  return lines;
}

function replaceForJson(_key: string, value: unknown): unknown {
  if (typeof value === "string") return cut(value, TRACE_LIMIT);
  if (typeof value === "bigint") return String(value);
  return isError(value) ? toPlainError(value, CAUSE_LIMIT) : value;
}

function toPlainError(error: Error, causes: number): object {
  const { name, message, cause } = error;
  const plainCause = isError(cause) ? (causes === 0 ? undefined : toPlainError(cause, causes - 1)) : cause;
  return {
    name,
    code: errorCode(error),
    message: cut(message),
    stack: framesOf(error).join("\n"),
    cause: plainCause,
  };
}

/**
 * Returns the stack of an error without its message. V8 writes the message above the stack frames, so the message would
 * appear twice in the log, and may hold any text.
 */
function framesOf(error: Error): string[] {
  const stack = cut(String(error.stack ?? ""), TRACE_LIMIT);
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}
