/** The part `origin` of the option: reads it, and decides about the origin of a request. */
import type { PacketronRequest } from "@packetron/core";
import { optionError } from "@packetron/core/capability";

/** Whether an origin is allowed. Asked for one request; `null` never gets here unless it is listed. */
export type OriginCheck = (origin: string, request: PacketronRequest) => boolean | Promise<boolean>;

/**
 * The checked part `origin`: `"*"` for every origin; a check by texts and patterns, which gives the same result for
 * each request; or a function of the program, whose result belongs to one request.
 */
export type OriginRule =
  | "*"
  | { readonly kind: "listed"; readonly check: (origin: string) => boolean }
  | { readonly kind: "asked"; readonly check: OriginCheck };

const EXPECTED =
  '"*", an origin such as "https://app.example", a RegExp, a list of these, or a function (origin, request)';

/** @throws PKT_OPTION_INVALID for a value that matches no origin, or not those that its author means. */
export function readOrigin(value: unknown = "*"): OriginRule {
  if (value === "*") return "*";
  if (isFunction(value)) return { kind: "asked", check: createCheck(value) };
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (entries.length === 0)
    throw optionError("cors.origin", value, `${EXPECTED}; to turn CORS off, write cors: false`);
  const texts = new Set<string>();
  const patterns: RegExp[] = [];
  for (const entry of entries) {
    if (entry instanceof RegExp) patterns.push(readPattern(entry));
    else texts.add(readText(entry));
  }
  return {
    kind: "listed",
    check: (origin) =>
      texts.has(origin) || (origin !== "null" && patterns.some((pattern) => pattern.test(origin))),
  };
}

function createCheck(ask: (...parameters: unknown[]) => unknown): OriginCheck {
  return (origin, request) => {
    // Any site can send the origin "null" with a sandboxed frame, so a function such as () => true must not allow it.
    if (origin === "null") return false;
    const result = ask(origin, request);
    return isThenable(result) ? Promise.resolve(result).then((is) => is === true) : result === true;
  };
}

/** A RegExp with the flag g or y remembers where its last match ended, and would miss every second origin. */
function readPattern(pattern: RegExp): RegExp {
  if (pattern.global || pattern.sticky)
    throw optionError("cors.origin", pattern, "a RegExp without the flags g and y");
  return pattern;
}

/** A scheme and an authority, as the header `Origin` has them: RFC 6454 section 6.2. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@]+$/;

function readText(value: unknown): string {
  if (value === "null") return value;
  if (value === "*") throw optionError("cors.origin", ["*"], 'origin: "*" without a list');
  if (value === true)
    throw optionError("cors.origin", value, `${EXPECTED}; to allow every origin, write "*"`);
  if (typeof value !== "string") throw optionError("cors.origin", value, EXPECTED);
  if (value.includes("*"))
    throw optionError(
      "cors.origin",
      value,
      "a RegExp such as /^https:\\/\\/[\\w-]+\\.example\\.com$/ for a pattern",
    );
  const canonical = canonicalOrigin(value);
  if (canonical === value) return value;
  const meant = canonical === null ? "" : `; browsers send ${JSON.stringify(canonical)}`;
  throw optionError("cors.origin", value, `a scheme and a host without a path${meant}`);
}

/** The origin as browsers send it: without a path and a default port, in lower case. `null` for a text without a host. */
function canonicalOrigin(text: string): string | null {
  if (!URL.canParse(text)) return ORIGIN.test(text) ? text : null;
  const { origin, protocol, host } = new URL(text);
  if (origin !== "null") return origin;
  // Schemes of apps and extensions, such as capacitor://localhost, have no origin in Node's URL.
  return host === "" ? null : `${protocol}//${host}`;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}

function isFunction(value: unknown): value is (...parameters: unknown[]) => unknown {
  return typeof value === "function";
}
