/**
 * Every private name of Node that the project uses, and the types of those that direct dispatch needs. A test looks for
 * others in the sources of all packages.
 *
 * "Tried by" says what notices that a Node differs: code that tries the name at run time, or the test that fails. Where
 * `node/probe.ts` does it, requests are dispatched the standard way, and one line in the log says why.
 *
 * | name | in Node | needed by | without it | tried by |
 * |---|---|---|---|---|
 * | `socket.parser.onIncoming` | all | `direct/index.ts` | standard dispatch | `node/probe.ts` |
 * | `socket.parser.incoming` | all | `direct/connection.ts` | standard dispatch: an idle socket would hold its last request | `node/probe.ts` |
 * | `socket._httpMessage` | all | `direct/connection.ts` | standard dispatch: Node asks this response before it ends the socket | `node/probe.ts` |
 * | `response._header` | all | `direct/connection.ts`, `direct/response.ts` | standard dispatch: an answer would not look sent | `node/probe.ts` |
 * | `response._headerSent` | all | `direct/connection.ts`, `direct/response.ts`, `message/answer.ts` | standard dispatch; a sender after `writeHead()` is taken for a second answer | `node/probe.ts` |
 * | `response._closed` | all | `direct/connection.ts`, `direct/response.ts` | standard dispatch: an answer would not look closed | `node/probe.ts` |
 * | `response.finished` | all, deprecated | `direct/connection.ts` | standard dispatch: an answer would not look ended | `node/probe.ts` |
 * | `response._removedConnection` | all | `direct/response.ts` | standard dispatch: `removeHeader("Connection")` would be ignored | `node/probe.ts` |
 * | `response._last` | all | `connection/connection.ts` | requests after an answer that closes are dispatched | `test/wire/pipeline.test.ts` |
 * | `response[kOutHeaders]` | all | `node/internals.ts` | standard dispatch | `node/probe.ts` |
 * | `request._dump()` | all | `node/internals.ts` | standard dispatch: an unread request would not end after its answer | `node/probe.ts` |
 * | `ServerResponse` that is another object than its constructor's | all | `direct/response.ts` | standard dispatch: a promoted exchange would have two responses | `node/probe.ts` |
 * | `IncomingMessage.prototype.headers` as an accessor | all | `message/request-headers.ts` | requests without `headers` | `test/body/head.test.ts` |
 * | `http.createServer.toString()` | all | `node/probe.ts` | standard dispatch, as if a tool had patched it | `node/probe.ts` |
 * | `socket._handle` | all | `node/raw-write.ts` | answers go through the stream | `createRawWriter()` |
 * | `handle.writeLatin1String()` | all | `node/raw-write.ts` | answers go through the stream | `createRawWriter()` |
 * | `handle.writev()` | all | `node/raw-write.ts` | answers go through the stream | `createRawWriter()` |
 * | `handle.writeQueueSize` | all | `node/raw-write.ts` | answers go through the stream | `createRawWriter()` |
 * | `handle.bytesRead` | all | `node/raw-write.ts` | answers go through the stream | `createRawWriter()` |
 * | `WriteWrap` | before 24.22 and 26.12 | `node/raw-write.ts` | the handle makes its write requests, or answers go through the stream | `findWriteRequest()` |
 * | `writeRequest.oncomplete` | all | `node/raw-write.ts` | answers that the system does not take at once never finish | `test/node/raw-write.test.ts` |
 * | `writeRequest.writeStatus` | since 24.22 and 26.12 | `node/raw-write.ts` | the error of a failed write is EPIPE | `test/node/raw-write.test.ts` |
 * | `new Socket({ handle, manualStart })` | all | `node/raw-write.ts`, `node/raw-connection.ts` | answers go through the stream; workers get no connections | `findWriteRequest()` |
 * | `handle.getAsyncId()` | all | `node/raw-write.ts` | answers go through the stream | `findWriteRequest()` |
 * | `handle.readStart()` | all | `node/raw-write.ts` | answers go through the stream | `findWriteRequest()` |
 * | `server._handle` | all | `node/raw-connection.ts` | the primary passes Node's sockets on | `takeConnections()` |
 * | `handle.onconnection` | all | `node/raw-connection.ts` | the primary passes Node's sockets on | `takeConnections()` |
 * | `handle.getpeername()` | all | `node/raw-connection.ts` | the primary passes Node's sockets on | `takeConnections()` |
 * | `socket.server` | all | `node/raw-connection.ts` | Node counts a worker's sockets in both processes | `test/node/raw-connection.test.ts` |
 * | `net._createServerHandle()` | all | `node/reuse-port.ts` | `REUSE_PORT` is not used | `reusePortWorks()` |
 * | `handle.getsockname()` | all | `node/reuse-port.ts` | `REUSE_PORT` is not used | `bindShared()` |
 * | `socket.destroySoon()` called after the last answer | all | `connection/connection.ts`, `connection/linger.ts`, `message/fail.ts` | a client that still sends gets a reset | `test/connection/linger.test.ts` |
 * | `server.closeIdleConnections()` called by `close()` | all | `connection/http-server.ts` | a draining server cuts idle connections without a grace | `test/connection/drain.test.ts` |
 * | `server.emit("listening")` starts the check of timeouts | all | `connection/http-server.ts` | connections that are handed over have no time limit | `test/wire/timing.test.ts` |
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { http } from "./http.ts";

/** The parser of a connection. */
export interface HttpParser {
  /** Takes a request whose head is complete; gives 0, or 2 when the connection is no longer HTTP. */
  onIncoming(request: IncomingMessage, keepAlive: boolean): number;
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
  /** Set where the handle has made it, and the write was complete before a listener could be there. */
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
 * Whether Node lets a request without a body flow in order to end it after its answer; since Node 26 it reads the end
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
