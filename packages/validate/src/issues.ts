/** Turns the issues of a schema library into what the client reads. */
import type { ValidationIssue } from "./errors.ts";
import type { StandardIssue } from "./standard-schema.ts";
import type { RequestPart } from "./types.ts";

/** The most issues in an answer: a client can send a million wrong entries in a small body. */
const MAX_ISSUES = 20;
/** The most characters of a path and of a message. Both may have names that the client has sent. */
const MAX_PATH = 200;
const MAX_MESSAGE = 500;
/** How many characters of a received text are looked for: libraries shorten long texts. */
const PROBE = 12;
/** How often a value is looked for in a message. */
const MAX_FINDS = 10;
/** Quotes and brackets around a received value. */
const OPENING = /["'`([]*$/;
const CLOSING = /^["'`]?[)\]]?/;
/** The words between what a library expects and what it has received. */
const CONNECTION =
  /[\s,;:.(]*(?:\b(?:but|and|not|instead))?\s*(?:\b(?:received|was|got|found|is|actual))?[\s,;:.(]*$/i;

/** Returns what the client reads about a part of its request. The value that arrived is not in it. */
export function toIssues(
  part: RequestPart,
  issues: readonly StandardIssue[],
  input: unknown,
): ValidationIssue[] {
  return issues.slice(0, MAX_ISSUES).map((issue) => {
    const keys = keysOf(issue);
    return {
      in: part,
      path: keys.map(String).join(".").slice(0, MAX_PATH),
      message: withoutReceived(String(issue.message), valueAt(input, keys)),
    };
  });
}

function keysOf({ path = [] }: StandardIssue): PropertyKey[] {
  // Not path.map(): arktype's paths are a subclass of Array that map() would construct with a length.
  return Array.from(path, (entry) => (typeof entry === "object" ? entry.key : entry));
}

function valueAt(input: unknown, keys: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of keys) {
    if (!isObject(value)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/**
 * Removes a received value from a message: some libraries show it, and an answer must not repeat a password.
 *
 * @example
 * withoutReceived('must be a number (was "secret")', "secret"); // "must be a number"
 */
export function withoutReceived(message: string, value: unknown): string {
  let text = message.slice(0, MAX_MESSAGE);
  for (const form of textsOf(value))
    for (let finds = 0, start = startOf(text, form); start !== -1; start = startOf(text, form)) {
      text = ++finds > MAX_FINDS ? "" : removeAt(text, start, isObject(value) ? null : form);
    }
  return text === "" ? "The value is not valid" : text;
}

/**
 * Removes one occurrence: alone, or with the words before it at the end of a message.
 *
 * @param form The whole value as the message shows it; `null` when the end of the value is not known.
 */
function removeAt(message: string, start: number, form: string | null): string {
  const before = message.slice(0, start).replace(OPENING, "");
  const isWhole = form !== null && message.startsWith(form, start);
  const after = isWhole ? message.slice(start + form.length).replace(CLOSING, "") : "";
  return /\w/.test(after) ? before.trimEnd() + after : before.replace(CONNECTION, "");
}

/** The forms in which a message may show a value; of an object the beginning, as JSON has it. */
function textsOf(value: unknown): readonly string[] {
  switch (typeof value) {
    case "string":
      return [value, JSON.stringify(value).slice(1, -1)];
    case "object":
      return value === null ? ["null"] : [beginningOf(value)];
    case "number":
    case "boolean":
      return [String(value)];
    default:
      return [];
  }
}

function beginningOf(value: object, depth = 0): string {
  const isList = Array.isArray(value);
  if (depth === PROBE) return "";
  for (const key in value) {
    if (!isList) return `{${JSON.stringify(key)}:`;
    const member: unknown = value[0];
    return `[${isObject(member) ? beginningOf(member, depth + 1) : JSON.stringify(member)}`;
  }
  return isList ? "[]" : "{}";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The index at which a message shows a text as a word of its own; -1 if it does not. */
function startOf(message: string, text: string): number {
  const probe = text.slice(0, PROBE);
  if (probe === "") return -1;
  for (let start = message.indexOf(probe); start !== -1; start = message.indexOf(probe, start + 1)) {
    const end = start + probe.length;
    const isWhole = probe.length < text.length || !isWordPart(message, end - 1);
    if (isWhole && !isWordPart(message, start - 1)) return start;
  }
  return -1;
}

/** Whether the characters on both sides of the gap after an index belong to one word. */
function isWordPart(message: string, index: number): boolean {
  return /^[\p{L}\p{N}_]{2}$/u.test(message.slice(Math.max(index, 0), index + 2)) && index >= 0;
}
