/** The options of `sendStream()` and `sendEvents()`, and their checks. */
import { assertOptions, optionError } from "@packetron/core/capability";

/** Options of `response.sendStream()`. */
export interface SendStreamOptions {
  /**
   * The `Content-Type`.
   * @default the one that is set, else by the first piece: `text/plain; charset=utf-8` for text, or
   *   `application/octet-stream` for bytes
   */
  type?: string | undefined;
  /**
   * The length of the whole body in bytes, for `Content-Length`. A source that gives more or fewer bytes fails with
   * PKT_STREAM_LENGTH.
   * @default the `Content-Length` that is set, else unknown: the body is sent in chunks
   */
  length?: number | undefined;
  /**
   * The status, an integer from 200 to 999.
   * @default `statusCode`
   */
  status?: number | undefined;
}

/** Options of `response.sendEvents()`. */
export interface SendEventsOptions {
  /**
   * How long the stream may be silent, in milliseconds. Then a comment is sent, so that proxies keep the connection. 0
   * turns it off.
   * @default 15000
   */
  heartbeat?: number | undefined;
  /**
   * How long a client waits before it connects again, in milliseconds. Sent at the beginning, and again when the server
   * drains.
   * @default the client's own; when the server drains, 1 to 2 seconds by chance, so that clients do not return together
   */
  retry?: number | undefined;
}

/** The options of `sendEvents()` with their defaults. */
export interface EventSettings {
  readonly heartbeat: number;
  readonly retry: number | null;
}

const DEFAULTS: EventSettings = { heartbeat: 15_000, retry: null };

/** The longest delay of a timer, in milliseconds. */
const LONGEST = 0x7fff_ffff;

/** Checks the options of `sendStream()`. @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
export function readStreamOptions(options: unknown): SendStreamOptions {
  if (options === undefined) return {};
  assertOptions(
    "sendStream()",
    options,
    ["type", "length", "status"],
    'an object such as { type: "text/csv" }',
  );
  const { type, length, status } = options;
  if (type !== undefined && (typeof type !== "string" || type === ""))
    throw optionError("sendStream().type", type, 'a media type such as "text/csv"');
  if (length !== undefined && !isInteger(length, 0, Number.MAX_SAFE_INTEGER))
    throw optionError("sendStream().length", length, "an integer number of bytes, 0 or more");
  if (status !== undefined && !isInteger(status, 200, 999))
    throw optionError("sendStream().status", status, "an integer from 200 to 999");
  return { type, length, status };
}

/** Checks the options of `sendEvents()`, and fills in the defaults. @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
export function readEventOptions(options: unknown): EventSettings {
  if (options === undefined) return DEFAULTS;
  assertOptions("sendEvents()", options, ["heartbeat", "retry"], "an object such as { retry: 2000 }");
  const { heartbeat = DEFAULTS.heartbeat, retry } = options;
  const expected = "an integer number of milliseconds, 0 or more";
  if (!isInteger(heartbeat, 0, LONGEST)) throw optionError("sendEvents().heartbeat", heartbeat, expected);
  if (retry === undefined) return { heartbeat, retry: null };
  if (!isInteger(retry, 0, LONGEST)) throw optionError("sendEvents().retry", retry, expected);
  return { heartbeat, retry };
}

function isInteger(value: unknown, low: number, high: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= low && value <= high;
}
