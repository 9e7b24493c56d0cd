/** The options of `server.webSocket()`: their defaults and checks. */
import type { RouteOptions } from "@packetron/core";
import { optionError } from "@packetron/core/capability";
import { readOrigin, type WebSocketOrigin, type WebSocketOriginFunction } from "./origin.ts";
import type { PacketronWebSocket } from "./socket.ts";

/** Chooses one of the subprotocols that a client offers; `false` for none. */
export type WebSocketProtocolFunction = (offered: readonly string[]) => string | false;

/**
 * Options of `server.webSocket()`: the path, the functions that are called, limits, and options of routes such as
 * `plugins` and `rateLimit`, which hold for the handshake.
 *
 * @typeParam Data What the program keeps at each socket, as `socket.data`.
 */
export interface WebSocketOptions<Data = unknown> extends Omit<RouteOptions, "handler" | "method" | "flags"> {
  /** Called for each new socket. Messages are not held back until an asynchronous call ends. */
  open?(socket: PacketronWebSocket<Data>): unknown;
  /**
   * Called for each message, in order, without waiting for the end of an asynchronous call before: a string for text, a
   * Buffer for bytes.
   */
  message?(socket: PacketronWebSocket<Data>, data: string | Buffer, isBinary: boolean): unknown;
  /** Called once for each socket, when it is closed: 1005 is a close without a code, 1006 a connection that was lost. */
  close?(socket: PacketronWebSocket<Data>, code: number, reason: string): unknown;
  /** Called when a client has read what was waiting for it, after `send()` has returned `false`. */
  drain?(socket: PacketronWebSocket<Data>): unknown;
  /**
   * The largest message of a client, in bytes. A client that sends more is closed with 1009.
   * @default 1_048_576
   */
  maxPayloadLength?: number;
  /**
   * How long a client may send nothing, in milliseconds. It is asked for a sign of life (a ping) after half of the time, and
   * browsers answer by themselves. 0 turns it off.
   * @default 120_000
   */
  idleTimeout?: number;
  /**
   * How many bytes may wait for a client that does not read. One byte more, and the connection is cut.
   * @default 1_048_576
   */
  backpressureLimit?: number;
  /**
   * Compresses messages with clients that can: costs memory and time for each socket. An object has the options of `ws`.
   * @default false
   */
  perMessageDeflate?: boolean | object;
  /**
   * Which pages may open a socket. Any site can make a browser open a WebSocket with the user's cookies, so the default
   * lets only pages of the same host. Clients that send no `Origin` are not browsers, and pass. A page of another origin
   * gets 403.
   * @default "same-origin"
   */
  origin?: WebSocketOrigin;
  /**
   * The subprotocols of the server. The first one of the client's that is in the list is used; a function may choose. With
   * a client that offers none of them no subprotocol is used, and browsers then close the connection.
   * @default the first that the client offers
   */
  protocols?: readonly string[] | WebSocketProtocolFunction;
}

/** Checked options of one endpoint. */
export interface WebSocketSettings {
  readonly maxPayloadLength: number;
  readonly idleTimeout: number;
  readonly backpressureLimit: number;
  readonly perMessageDeflate: boolean | object;
  readonly allows: WebSocketOriginFunction;
  readonly chooseProtocol: WebSocketProtocolFunction;
  readonly open: WebSocketOptions["open"];
  readonly message: WebSocketOptions["message"];
  readonly close: WebSocketOptions["close"];
  readonly drain: WebSocketOptions["drain"];
}

const FUNCTIONS = ["open", "message", "close", "drain"] as const;

/** The names of the options that are not those of routes. */
export const OWN_OPTIONS: readonly string[] = [
  ...FUNCTIONS,
  "maxPayloadLength",
  "idleTimeout",
  "backpressureLimit",
  "perMessageDeflate",
  "origin",
  "protocols",
];

const MIB = 1_048_576;

/** Checks the options and fills in the defaults. @throws PKT_OPTION_INVALID */
export function resolveSettings(options: WebSocketOptions): WebSocketSettings {
  for (const name of FUNCTIONS)
    if (options[name] !== undefined && typeof options[name] !== "function")
      throw optionError(name, options[name], "a function (socket, …)");
  const { open, message, close, drain, perMessageDeflate = false, origin = "same-origin" } = options;
  if (
    typeof perMessageDeflate !== "boolean" &&
    (typeof perMessageDeflate !== "object" || perMessageDeflate === null)
  )
    throw optionError("perMessageDeflate", perMessageDeflate, "true, false, or an object with options of ws");
  return {
    ...{ open, message, close, drain, perMessageDeflate },
    maxPayloadLength: readBytes("maxPayloadLength", options.maxPayloadLength ?? MIB),
    backpressureLimit: readBytes("backpressureLimit", options.backpressureLimit ?? MIB),
    idleTimeout: readTime(options.idleTimeout ?? 120_000),
    allows: readOrigin(origin),
    chooseProtocol: readProtocols(options.protocols),
  };
}

function readBytes(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value < 2 ** 31) return value;
  throw optionError(name, value, "an integer number of bytes, from 1 to 2147483647");
}

function readTime(value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < 2 ** 31) return value;
  throw optionError("idleTimeout", value, "a number of milliseconds, or 0 for no limit");
}

/** RFC 6455 section 4.1: subprotocols are tokens. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

function readProtocols(value: unknown): WebSocketProtocolFunction {
  if (value === undefined) return ([first]) => first ?? false;
  if (isProtocolFunction(value)) return value;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string" && TOKEN.test(entry)))
    throw optionError(
      "protocols",
      value,
      'a list of subprotocols such as ["chat.v1"], or a function (offered)',
    );
  return (offered) => offered.find((name) => value.includes(name)) ?? false;
}

function isProtocolFunction(value: unknown): value is WebSocketProtocolFunction {
  return typeof value === "function";
}
