/** The option `origin`: which pages may open a WebSocket. Browsers do not apply CORS to WebSockets. */
import type { PacketronRequest } from "@packetron/core";
import { field, optionError } from "@packetron/core/capability";

/** Decides about an origin. A throw or a rejection becomes a 500. */
export type WebSocketOriginFunction = (
  origin: string,
  request: PacketronRequest,
) => boolean | Promise<boolean>;

/** The value of the option `origin`. */
export type WebSocketOrigin =
  | "same-origin"
  | "*"
  | (string & {})
  | RegExp
  | readonly (string | RegExp)[]
  | WebSocketOriginFunction;

const EXPECTED =
  '"same-origin", "*", an origin such as "https://app.example", a RegExp, a list of these, or a function (origin, request)';

/**
 * Makes the check of an option.
 *
 * @throws PKT_OPTION_INVALID
 */
export function readOrigin(value: unknown): WebSocketOriginFunction {
  if (isFunction(value))
    return (origin, request) => {
      const result = value(origin, request);
      return result instanceof Promise ? result.then((is) => is === true) : result === true;
    };
  if (value === "*") return () => true;
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (entries.length === 0) throw optionError("origin", value, EXPECTED);
  const checks = entries.map(readEntry);
  return (origin, request) => checks.some((check) => check(origin, request));
}

function readEntry(entry: unknown): (origin: string, request: PacketronRequest) => boolean {
  if (entry === "same-origin") return isSameOrigin;
  if (entry instanceof RegExp) {
    if (entry.global || entry.sticky)
      throw optionError("origin", entry, "a RegExp without the flags g and y, which remember the last match");
    return (origin) => entry.test(origin);
  }
  if (typeof entry !== "string" || !URL.canParse(entry) || new URL(entry).origin !== entry)
    throw optionError("origin", entry, EXPECTED);
  return (origin) => origin === entry;
}

/** Whether the page comes from the host that the client has asked. A proxy may end TLS, so the scheme is not compared. */
function isSameOrigin(origin: string, request: PacketronRequest): boolean {
  const { host } = request;
  if (host === "" || !URL.canParse(origin)) return false;
  const { protocol, host: ofPage } = new URL(origin);
  // The URL of the page has no default port. `Host` may have it.
  return (
    ofPage === host.toLowerCase() ||
    (URL.canParse(`${protocol}//${host}`) && ofPage === new URL(`${protocol}//${host}`).host)
  );
}

/** The origin of the page that asks; `undefined` for a client that is not a browser. */
export function originOf(request: PacketronRequest): string | undefined {
  return field(request, "origin");
}

function isFunction(value: unknown): value is (...parameters: unknown[]) => unknown {
  return typeof value === "function";
}
