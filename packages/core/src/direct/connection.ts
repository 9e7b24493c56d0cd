/**
 * A connection whose requests are answered directly: each answer is one write, without Node's queues of requests and
 * responses. Requests that need more (an upgrade, Expect, HTTP/1.0…) go to `onIncoming` of Node's HTTP server.
 *
 * The steps of a request, in order: `onIncoming`, dispatch and handler, `send`, {@link ResponseWriter}, `settle`.
 */
import { channel } from "node:diagnostics_channel";
import { methodIndex } from "../http/methods.ts";
import { type HeadBuilder, hasContent, setLines } from "../message/answer-head.ts";
import { ExchangeState, type Responder } from "../message/exchange.ts";
import { nodeResponder } from "../message/node-responder.ts";
import type { PreparedAnswer } from "../message/prepared-answer.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { bodyBytes } from "../message/settlement.ts";
import { HeadFlag, validateHead } from "../message/validate-head.ts";
import { http } from "../node/http.ts";
import { type HttpSocket, hasOwnFraming, type OutHeaders, pendingHeaders } from "../node/internals.ts";
import { turns } from "../node/turns.ts";
import type { IdleCandidate } from "./idle.ts";
import type { ConnectionState, DirectExchange, DirectParts, OnIncoming } from "./parts.ts";
import { discard, isOver, promoteRequest, pushEnd } from "./request.ts";
import { type DirectResponse, isPlain, isReplaced, settleResponse } from "./response.ts";
import { type AnswerOwner, ResponseWriter } from "./response-writer.ts";

// Only Node's code publishes to these channels, so while one of them has subscribers, Node answers all requests.
const started = channel("http.server.request.start");
const created = channel("http.server.response.created");
const finished = channel("http.server.response.finish");

/** Answers the requests of one connection directly, or gives them to Node. */
export class DirectConnection implements Responder, IdleCandidate, AnswerOwner, DirectExchange {
  readonly socket: HttpSocket;
  readonly #parts: DirectParts;
  readonly #connection: ConnectionState;
  /** The function of Node's HTTP server that takes a request; it gets the requests that cannot be answered directly. */
  readonly #standard: OnIncoming;
  /** The response that the handler has not answered yet; `null` without one. */
  #response: DirectResponse | null = null;
  /** The newest response, until its answer has been written. */
  #latest: DirectResponse | null = null;
  readonly #writer: ResponseWriter;
  /** Whether the connection has carried a direct answer. */
  #isUsed = false;
  /** Whether the newest request is the last of the connection: it asks for `Connection: close`. */
  #isLast = false;

  constructor(parts: DirectParts, socket: HttpSocket, standard: OnIncoming, connection: ConnectionState) {
    this.#parts = parts;
    this.socket = socket;
    this.#standard = standard;
    this.#connection = connection;
    this.#writer = new ResponseWriter(socket, this);
    connection.direct = this;
    // Runs before Node's own listener, which returns the parser to Node's pool for other connections.
    socket.prependListener("close", () => this.#closed());
  }

  /** The request that is not answered yet, while this class answers it. */
  get openRequest(): PacketronRequest | undefined {
    return this.#response?.req;
  }

  /** Takes a request whose head is complete. Node's parser calls it. */
  readonly onIncoming: OnIncoming = (request, keepAlive) => {
    if (this.#response !== null) this.promote();
    const head = this.#isOpen(request) ? validateHead(request) : HeadFlag.REFUSED;
    if (head > HeadFlag.BODY) return this.#fallBackToNode(request, keepAlive);
    this.#isLast = !keepAlive;
    const { responseClass, plain, dispatch, settlement } = this.#parts;
    const response = new responseClass(request);
    response.socket = this.socket;
    response.responder = this;
    response.state = ExchangeState.OPEN;
    response.shouldKeepAlive = keepAlive;
    if (head === HeadFlag.BODY) response.awaitsBody = true;
    request.response = response;
    this.socket._httpMessage = response;
    this.#response = response;
    this.#latest = response;
    this.#connection.load.inFlight++;
    if (settlement.isUsed) settlement.begin(response);
    if (turns.isOver()) return this.#defer(request, response);
    dispatch(request, response);
    if (isReplaced(response, plain)) this.promote();
    return 0;
  };

  /** Dispatches a request in a later turn. With the closure in `onIncoming`, each call would allocate its variables. */
  #defer(request: PacketronRequest, response: DirectResponse): number {
    const { plain, dispatch } = this.#parts;
    this.#connection.defer(() => {
      dispatch(request, response);
      if (isReplaced(response, plain)) this.promote();
    });
    return 0;
  }

  /** Answers in one write, or gives the exchange to Node if only Node can write this answer. */
  send(response: PacketronResponse, type: string | null, body: string | Uint8Array): void {
    const open = this.#response;
    if (open === response && isPlain(open, this.#parts.plain)) {
      const set = pendingHeaders(open);
      const lines = set === null ? "" : setLines(set);
      // The toString() of a header's value is code of the program, which may have answered or promoted the exchange.
      if (lines !== null && this.#response === open && this.#canAnswer(open, open.statusCode))
        return this.#write(open, set?.["content-type"] === undefined ? type : null, lines, body);
    }
    this.promote();
    nodeResponder.send(response, type, body);
  }

  #write(response: DirectResponse, type: string | null, lines: string, body: string | Uint8Array): void {
    const { statusCode: status } = response;
    const set = lines === "" ? null : pendingHeaders(response);
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    const head = this.#heads.build(status, type, lines, set, length, response.headerBlock);
    const isHeadOnly = response.req.method === "HEAD" || status === 205 || !hasContent(status);
    this.#finish(response, head, isHeadOnly ? 0 : length);
    // Core's own lines are ASCII. Only headers that the handler has set can have other characters.
    const isAscii = lines === "" || Buffer.byteLength(lines) === lines.length;
    this.#writer.write(response, head, isAscii, isHeadOnly ? "" : body, isHeadOnly ? 0 : length);
  }

  /** Answers with a prepared answer, in the same way as {@link send}. */
  sendPrepared(response: PacketronResponse, prepared: PreparedAnswer): void {
    const open = this.#response;
    if (open === response && isPlain(open, this.#parts.plain)) {
      const set = pendingHeaders(open);
      if ((set === null || !hasOwnFraming(set)) && this.#canAnswer(open, prepared.status))
        return this.#writePrepared(open, set, prepared);
    }
    this.promote();
    nodeResponder.sendPrepared(response, prepared);
  }

  #writePrepared(response: DirectResponse, set: OutHeaders | null, prepared: PreparedAnswer): void {
    const { head, whole } = this.#heads.prepared(prepared, set, response.headerBlock);
    response.statusCode = prepared.status;
    const isHeadOnly = response.req.method === "HEAD" || !hasContent(prepared.status);
    this.#finish(response, head, isHeadOnly ? 0 : prepared.body.byteLength);
    if (isHeadOnly) this.#writer.writeText(response, head, "latin1");
    else if (whole !== null) this.#writer.writeText(response, whole, "latin1");
    else this.#writer.writeBytes(response, head, prepared.body);
  }

  get #heads(): HeadBuilder {
    return this.#isLast ? this.#parts.closingHeads : this.#parts.heads;
  }

  /** Gives an answered response the state that Node's response has after `end()`. */
  #finish(response: DirectResponse, head: string, bytesOut: number): void {
    if (this.#parts.settlement.isUsed) response.bytesOut = bytesOut;
    this.#response = null;
    response.state = ExchangeState.SENT;
    response._header = head;
    response._headerSent = true;
    response.finished = true;
    response.statusMessage = http.STATUS_CODES[response.statusCode] ?? "unknown";
    const { load } = this.#connection;
    load.inFlight--;
    load.requests++;
    if (response.req.complete) this.#releaseRequest(response.req);
    if (!this.#isUsed && !this.#isLast) this.#parts.idleSweep.watch(this);
    this.#isUsed = true;
    if (this.socket.timeout) this.socket.setTimeout(0); // ends Node's idle timer: IdleSweep closes idle connections
  }

  /** Records that an answer was written, or was lost. */
  settle(response: DirectResponse, isWritten: boolean): void {
    if (this.#latest === response) {
      this.#latest = null;
      this.socket._httpMessage = null;
      // In a tick, in which the parser has reported bytes that follow this request: they have to be discarded.
      if (this.#isLast && isWritten) process.nextTick(() => this.#connection.close());
    }
    if (isWritten && response.req.hasListeners) discard(response.req);
    settleResponse(response, isWritten);
    this.#settled(response, !isWritten);
  }

  #settled(response: DirectResponse, aborted: boolean): void {
    const { settlement } = this.#parts;
    if (settlement.isUsed) settlement.end(response, response.bytesOut ?? 0, aborted);
  }

  /** Keeps the end of a request from Node's stream, until code uses the stream. */
  endRequest(request: PacketronRequest): boolean {
    request.isEndPending = true;
    this.#releaseRequest(request);
    if (request.hasListeners) pushEnd(request);
    return false;
  }

  /**
   * Returns whether Node may destroy the request. The result is `false` once the answer is written, unless code has
   * used the request's stream: destroy() would close a connection that carries the next request. Otherwise the result
   * is `true`, and an exchange that is still open is given to Node first.
   */
  mayDestroy(request: PacketronRequest): boolean {
    if (isOver(request)) return false;
    promoteRequest(request);
    return true;
  }

  /** Writes the answers that wait, and gives the open exchange to Node. */
  promote(): void {
    this.#writer.flush();
    const response = this.#response;
    if (response === null) return;
    const { req: request, shouldKeepAlive } = response;
    const { settlement } = this.#parts;
    this.#detach(response);
    if (response.writableFinished) {
      // The response was ended by code outside this class, such as a framework that replaces its prototype.
      this.#connection.load.requests++;
      if (this.socket._httpMessage === response) this.socket._httpMessage = null;
      this.#latest = null;
      if (this.#isLast) this.#connection.close();
      if (settlement.isUsed) settlement.end(response, bodyBytes(response, 0, false), false);
      return;
    }
    this.#fallBackToNode(request, !this.#isLast);
    response.shouldKeepAlive = shouldKeepAlive;
    pushEnd(request);
  }

  #fallBackToNode(request: PacketronRequest, keepAlive: boolean): number {
    this.#writer.flush();
    // Node would let its next response wait for this one, and Node never learns that this one has ended.
    if (this.socket._httpMessage === this.#latest) this.socket._httpMessage = null;
    this.#latest = null;
    return this.#standard(request, keepAlive);
  }

  #detach(response: DirectResponse): void {
    this.#response = null;
    response.state = ExchangeState.NODE;
    response.responder = nodeResponder;
    this.#connection.load.inFlight--;
  }

  /** Whether the state of the connection, the server and the request allows an answer without Node's response code. */
  #isOpen(request: PacketronRequest): boolean {
    return (
      request.httpVersionMinor === 1 &&
      request.httpVersionMajor === 1 &&
      !request.upgrade &&
      this.#connection.isFree &&
      !this.socket.writableNeedDrain &&
      methodIndex(request.method) !== -1 &&
      !this.#parts.server.maxRequestsPerSocket &&
      !(started.hasSubscribers || created.hasSubscribers || finished.hasSubscribers)
    );
  }

  /**
   * Whether a direct answer is possible. While a body is still arriving, Node answers, because `Connection` then
   * discards the rest of the body after the answer. Node also answers when the socket takes no more bytes
   * (half-closed) or when code has changed `shouldKeepAlive`, and sends every 1xx status.
   */
  #canAnswer(response: DirectResponse, status: number): boolean {
    return (
      (!response.awaitsBody || response.req.complete) &&
      response.shouldKeepAlive !== this.#isLast &&
      this.socket.writable &&
      status >= 200
    );
  }

  /** Removes a complete request from the parser: an idle connection would keep it in memory. */
  #releaseRequest(request: PacketronRequest): void {
    const { parser } = this.socket;
    if (this.#response?.req !== request && parser?.incoming === request) parser.incoming = null;
  }

  /** Whether {@link IdleSweep} may close the connection. After an answer by Node, Node's own timers do that. */
  get isIdle(): boolean {
    const isHttp = this.socket.parser !== null; // false after an upgrade
    return (
      isHttp && this.#isUsed && this.#response === null && this.#writer.isEmpty && this.#connection.isFree
    );
  }

  /** Drops the answers that wait, and aborts the open exchange. */
  #closed(): void {
    this.#writer.close();
    this.#parts.idleSweep.remove(this);
    const response = this.#response;
    if (response === null) return;
    this.#detach(response);
    response.req.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" })); // Node's error
    response.destroyed = true;
    response._closed = true;
    response.emit("close");
    this.#settled(response, true);
  }
}
