/**
 * Everything inside Node that direct dispatch leans on, and nothing of it elsewhere. None of these names is documented,
 * so `probe.ts` tries each of them at start; where one is missing, requests go the standard way.
 *
 * | name | what for |
 * |---|---|
 * | `socket.parser.onIncoming` | called when the head of a request is complete |
 * | `socket.parser.incoming` | the request whose body arrives; an idle socket must not hold it |
 * | `socket._httpMessage` | the response that owns the socket: Node asks it before it ends the socket |
 * | `socket._handle` | `writeLatin1String()`, `writev()`, `writeQueueSize`, `bytesRead`: writes without the stream; optional |
 * | `response._header`, `_headerSent`, `finished`, `_closed` | what tells that an answer is out |
 * | `request._dump()` | ends a request of which nobody has read, behind its answer |
 * | `response[kOutHeaders]` | the headers that were set, by lower-case name |
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { PacketronRequest } from "../message/request.ts";
import { http } from "./http.ts";

/** Takes a request whose head is complete; gives 0, or 2 when the connection is no longer HTTP. */
export type OnIncoming = (request: PacketronRequest, keepAlive: boolean) => number;

/** The parser of a connection. */
export interface HttpParser {
  onIncoming: OnIncoming;
  incoming: IncomingMessage | null;
}

/** A socket that Node's HTTP server reads from. */
export interface HttpSocket extends Socket {
  parser: HttpParser | null;
  _httpMessage: ServerResponse | null;
  readonly _handle: unknown;
}

/** What is under a socket of TCP or of a pipe. */
export interface StreamHandle {
  /**
   * Gives 0, or a negative error of the system. Without a request (from Node 24.22 and 26.12 on) it gives one that it has
   * made, when the write could not be done at once.
   */
  writeLatin1String(request: WriteRequest | null, text: string): number | WriteRequest;
  /** As {@link writeLatin1String}; without `allBuffers`, each chunk is followed by its encoding. */
  writev(
    request: WriteRequest | null,
    chunks: readonly (string | Uint8Array)[],
    allBuffers: boolean,
  ): number | WriteRequest;
  /** Bytes that wait for the system to take them. */
  readonly writeQueueSize: number;
  readonly bytesRead: number;
}

/** What a handle is given with a write, and keeps while it is under way. */
export interface WriteRequest {
  handle: StreamHandle;
  /** Keeps alive what the system reads from while the write is under way. */
  buffer?: unknown;
  oncomplete: (status: number) => void;
  /** Set where the handle has made it, and the write was complete before anybody could listen. */
  writeStatus?: number | null;
}

/** Whether Node's HTTP server reads from a socket, and keeps its parser where this expects it. */
export function isHttpSocket(socket: Socket): socket is HttpSocket {
  if (!("parser" in socket)) return false;
  const { parser } = socket;
  return (
    typeof parser === "object" &&
    parser !== null &&
    "incoming" in parser &&
    "onIncoming" in parser &&
    typeof parser.onIncoming === "function"
  );
}

/**
 * Whether Node lets a request without a body flow in order to end it behind its answer; since Node 26 it reads the end
 * alone.
 */
export const letsEmptyFlow: boolean = flowsWhenDumped();

function flowsWhenDumped(): boolean {
  const request = new http.IncomingMessage(new Socket());
  request.complete = true;
  request.push(null);
  try {
    dump(request);
  } catch {
    return false; // probe.ts finds it out, too
  }
  return request.readableFlowing === true;
}

/** Drops what nothing has read of a request whose answer is out. */
export function dump(request: IncomingMessage): void {
  Reflect.apply(Reflect.get(request, "_dump"), request, []);
}

/** The headers that were set: by lower-case name, the name as it was written and the value. */
export type OutHeaders = Readonly<Record<string, readonly [name: string, value: HeaderValue]>>;

/** A value of a header; of an array each member is a line of its own. */
export type HeaderValue = string | number | readonly string[];

const OUT_HEADERS = Object.getOwnPropertySymbols(new http.OutgoingMessage()).find(
  ({ description }) => description === "kOutHeaders",
);

/** Whether this Node keeps the headers of a response where {@link pendingHeaders} looks for them. */
export const hasOutHeaders: boolean = OUT_HEADERS !== undefined;

interface Keyed {
  readonly [key: symbol]: OutHeaders | null | undefined;
}

/** The headers that were set on a response, without a copy of them; `null` when there are none. */
export function pendingHeaders(response: object): OutHeaders | null {
  return isKeyed(response) && OUT_HEADERS !== undefined ? (response[OUT_HEADERS] ?? null) : null;
}

function isKeyed(response: object): response is Keyed {
  return OUT_HEADERS !== undefined && OUT_HEADERS in response;
}

/** Whether one of the headers is Node's to write. */
export function hasOwnFraming(headers: OutHeaders): boolean {
  for (const name in headers) if (isOwnFraming(name)) return true;
  return false;
}

/** Whether Node reads a header itself. A downloaded file's name gets an encoding of its own from Node. */
export function isOwnFraming(name: string): boolean {
  switch (name) {
    case "connection":
    case "content-disposition":
    case "content-length":
    case "cookie": // a list of it is joined
    case "date":
    case "keep-alive":
    case "trailer":
    case "transfer-encoding":
    case "upgrade":
      return true;
    default:
      return false;
  }
}
