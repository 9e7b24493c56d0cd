/**
 * Lists every private name of Node that the project uses; a test fails if any package uses a name that is not listed.
 * Declares the types for direct dispatch, which answers a request without the queues of `node:http`; standard dispatch
 * leaves the request to Node.
 *
 * "Tried by" names the code, or the test, that notices when a version of Node treats the private name differently. If
 * `node/probe.ts` notices that, all requests use standard dispatch, and one log line says why.
 *
 * | name | in Node | needed by | without it | tried by |
 * |---|---|---|---|---|
 * | `socket.parser.onIncoming` | all | `direct/index.ts` | standard dispatch | `node/probe.ts` |
 * | `socket.parser.incoming` | all | `direct/connection.ts` | standard dispatch: an idle socket would hold its last request | `node/probe.ts` |
 * | `socket._httpMessage` | all | `direct/connection.ts`, `connection/send-timeout.ts` | standard dispatch: Node asks this response before it ends the socket | `node/probe.ts` |
 * | `response._header` | all | `direct/connection.ts`, `direct/response.ts`, `message/settlement.ts` | standard dispatch: an answer would not look sent | `node/probe.ts` |
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
 * | `socket._handle` | all | `node/raw-write.ts`, `node/send-queue.ts` | answers go through the stream | `createRawWriter()` |
 * | `handle.writeLatin1String()` | all | `node/raw-write.ts` | answers go through the stream | `createRawWriter()` |
 * | `handle.writev()` | all | `node/raw-write.ts` | answers go through the stream | `createRawWriter()` |
 * | `handle.writeQueueSize` | all | `node/raw-write.ts`, `node/send-queue.ts` | answers go through the stream | `createRawWriter()` |
 * | `handle.bytesWritten` | all | `node/send-queue.ts` | `sendTimeout` closes no connection | `test/node/send-queue.test.ts` |
 * | `handle._parent` of TLS | all | `node/send-queue.ts` | `sendTimeout` takes a slow client for one that takes nothing | `test/node/send-queue.test.ts` |
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
 * | `process.moduleLoadList` | all | `config/test-runner.ts` | a test file of `node:test` forks workers, as a program does | `test/process/test-runners.test.ts` |
 * | `server.emit("listening")` starts the check of timeouts | all | `connection/http-server.ts` | connections that are handed over have no time limit | `test/wire/timing.test.ts` |
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { http } from "./http.ts";

/** Node's HTTP parser of one connection. */
export interface HttpParser {
  /**
   * Called by the parser with a request whose head is complete. Returns 0, or 2 when the connection is no longer HTTP.
   */
  onIncoming(request: IncomingMessage, keepAlive: boolean): number;
  incoming: IncomingMessage | null;
}

/** A socket that Node's HTTP server reads from. */
export interface HttpSocket extends Socket {
  parser: HttpParser | null;
  _httpMessage: ServerResponse | null;
  readonly _handle: unknown;
}

/** The libuv handle under a socket of TCP or of a pipe. */
export interface StreamHandle {
  /**
   * Writes text whose characters are bytes. Returns 0, or a negative error number of the system. Since Node 24.22 and
   * 26.12 the call has no request; it returns a new request if the system has not taken all at once.
   */
  writeLatin1String(request: WriteRequest | null, text: string): number | WriteRequest;
  /**
   * Writes several chunks, and returns what {@link writeLatin1String} returns. Without `allBuffers`, the list has the
   * encoding of each chunk after the chunk.
   */
  writev(
    request: WriteRequest | null,
    chunks: readonly (string | Uint8Array)[],
    allBuffers: boolean,
  ): number | WriteRequest;
  /** The number of bytes that the system has not taken yet. */
  readonly writeQueueSize: number;
  readonly bytesRead: number;
}

/** Node's record of one write to a handle. The handle holds the record until the write is complete. */
export interface WriteRequest {
  handle: StreamHandle;
  /** References the data until the write is complete, so that it is not garbage collected. */
  buffer?: unknown;
  oncomplete: (status: number) => void;
  /**
   * The status of a write that ended before `oncomplete` could be set. Only a write request that the handle made has
   * one.
   */
  writeStatus?: number | null;
}

/** Whether Node's HTTP server reads from a socket, and keeps its parser in `socket.parser`. */
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
 * Whether this version of Node switches a request without a body to flowing mode in order to end the request after its
 * answer. Since version 26, Node only reads the end of such a request.
 */
export const letsEmptyFlow: boolean = flowsWhenDumped();

function flowsWhenDumped(): boolean {
  const request = new http.IncomingMessage(new Socket());
  request.complete = true;
  request.push(null);
  try {
    dump(request);
  } catch {
    return false; // probe.ts reports the missing method
  }
  return request.readableFlowing === true;
}

/** Discards the unread part of a request whose answer is complete. */
export function dump(request: IncomingMessage): void {
  Reflect.apply(Reflect.get(request, "_dump"), request, []);
}

/** The headers set on a response, by lower-case name: the name as the caller wrote it, and the value. */
export type OutHeaders = Readonly<Record<string, readonly [name: string, value: HeaderValue]>>;

/** The value of a header. Each member of an array is sent as a line of its own. */
export type HeaderValue = string | number | readonly string[];

const OUT_HEADERS = Object.getOwnPropertySymbols(new http.OutgoingMessage()).find(
  ({ description }) => description === "kOutHeaders",
);

interface Keyed {
  readonly [key: symbol]: OutHeaders | null | undefined;
}

/** The headers set on a response so far, as Node's own object and not a copy; `null` before the first header is set. */
export function pendingHeaders(response: object): OutHeaders | null {
  return isKeyed(response) && OUT_HEADERS !== undefined ? (response[OUT_HEADERS] ?? null) : null;
}

function isKeyed(response: object): response is Keyed {
  return OUT_HEADERS !== undefined && OUT_HEADERS in response;
}

/** Whether Node treats one of the headers specially when it writes the head; see {@link isOwnFraming}. */
export function hasOwnFraming(headers: OutHeaders): boolean {
  for (const name in headers) if (isOwnFraming(name)) return true;
  return false;
}

/**
 * Whether Node treats a header specially when it writes the head of a message. Such a header decides how Node frames
 * the message or whether it keeps the connection, or Node changes its value, such as the file name in
 * `Content-Disposition`.
 */
export function isOwnFraming(name: string): boolean {
  switch (name) {
    case "connection":
    case "content-disposition":
    case "content-length":
    case "cookie": // Node joins a list into one line
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
