/**
 * A connection whose requests are answered directly: each answer is one write, without Node's queues of requests and
 * responses. Requests that need more (an upgrade, Expect, HTTP/1.0…) go to `onIncoming` of Node's HTTP server.
 *
 * The steps of a request, in order: `onIncoming`, dispatch and handler, `send`, {@link ResponseWriter}, `settle`.
 */
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
import { isNodeObserved } from "../node/tracing.ts";
import { turns } from "../node/turns.ts";
import type { IdleCandidate, IdleWatch } from "./idle.ts";
import type { ConnectionState, DirectExchanges, DirectParts, OnIncoming } from "./parts.ts";
import { discard, isOver, promoteRequest, pushEnd } from "./request.ts";
import { canAnswer, type DirectResponse, isPlain, isReplaced, settleResponse } from "./response.ts";
import { type AnswerOwner, ResponseWriter } from "./response-writer.ts";

/** Answers the requests of one connection directly, or gives them to Node. */
export class DirectConnection implements Responder, IdleCandidate, AnswerOwner, DirectExchanges {
  readonly socket: HttpSocket;
  readonly #parts: DirectParts;
  readonly #connection: ConnectionState;
  /** The function of Node's HTTP server that takes a request; it gets the requests that cannot be answered directly. */
  readonly #standard: OnIncoming;
  /** The response that the handler has not answered yet; `null` without one. */
  #response: DirectResponse | null = null;
  /** The responses to the requests that wait for a later turn of the event loop, oldest first. */
  #deferred: DirectResponse[] = [];
  /** The newest response, until its answer has been written. */
  #latest: DirectResponse | null = null;
  readonly #writer: ResponseWriter;
  /** Whether the connection has carried a direct answer. */
  #isUsed = false;
  #idleWatch: IdleWatch | null = null;

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

  /** The requests that this class answers and that are not answered yet, oldest first. */
  get openRequests(): PacketronRequest[] {
    return this.#open.map((response) => response.req);
  }

  get #open(): DirectResponse[] {
    return this.#response === null ? this.#deferred : [this.#response, ...this.#deferred];
  }

  get hasDeferred(): boolean {
    return this.#deferred.length > 0;
  }

  /** Takes a request whose head is complete. Node's parser calls it. */
  readonly onIncoming: OnIncoming = (request, keepAlive) => {
    if (this.#response !== null) this.promote();
    const head = this.#isOpen(request) ? validateHead(request) : HeadFlag.REFUSED;
    if (head > HeadFlag.BODY) {
      this.promote(); // earlier answers are written, and deferred requests answered, before this one
      return this.#fallBackToNode(request, keepAlive);
    }
    const { responseClass, settlement } = this.#parts;
    const response = new responseClass(request);
    response.socket = this.socket;
    response.responder = this;
    response.state = ExchangeState.OPEN;
    response.shouldKeepAlive = keepAlive;
    if (!keepAlive) response.isLast = true;
    if (head === HeadFlag.BODY) response.awaitsBody = true;
    request.response = response;
    this.socket._httpMessage = response;
    this.#latest = response;
    this.#connection.load.inFlight++;
    if (settlement.isUsed) settlement.begin(response);
    if (turns.isOver()) this.#defer(response);
    else this.#dispatch(response);
    return 0;
  };

  #dispatch(response: DirectResponse): void {
    this.#response = response;
    this.#parts.dispatch(response.req, response);
    if (isReplaced(response, this.#parts.plain)) this.promote();
  }

  /**
   * Dispatches a request in a later turn. Further requests may arrive before that. They are deferred, too, and stay
   * direct: with answers by Node, turns would be long enough to defer the next requests as well.
   */
  #defer(response: DirectResponse): void {
    this.#deferred.push(response);
    this.#connection.defer(() => {
      if (this.#response !== null || this.socket.writableNeedDrain) this.promote();
      if (this.#deferred[0] !== response) return this.#parts.dispatch(response.req, response); // Node answers
      this.#deferred.shift();
      this.#dispatch(response);
    });
  }

  /** Answers in one write, or gives the exchange to Node if only Node can write this answer. */
  send(response: PacketronResponse, type: string | null, body: string | Uint8Array): void {
    const open = this.#response;
    if (open === response && isPlain(open, this.#parts.plain)) {
      const set = pendingHeaders(open);
      const lines = set === null ? "" : setLines(set);
      // The toString() of a header's value is code of the program, which may have answered or promoted the exchange.
      if (lines !== null && this.#response === open && canAnswer(open, open.statusCode))
        return this.#write(open, set?.["content-type"] === undefined ? type : null, lines, body);
    }
    this.promote();
    nodeResponder.send(response, type, body);
  }

  #write(response: DirectResponse, type: string | null, lines: string, body: string | Uint8Array): void {
    const { statusCode: status } = response;
    const set = lines === "" ? null : pendingHeaders(response);
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    const head = this.#headsOf(response).build(status, type, lines, set, length, response.headerBlock);
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
      if ((set === null || !hasOwnFraming(set)) && canAnswer(open, prepared.status))
        return this.#writePrepared(open, set, prepared);
    }
    this.promote();
    nodeResponder.sendPrepared(response, prepared);
  }

  #writePrepared(response: DirectResponse, set: OutHeaders | null, prepared: PreparedAnswer): void {
    const { head, whole } = this.#headsOf(response).prepared(prepared, set, response.headerBlock);
    response.statusCode = prepared.status;
    const isHeadOnly = response.req.method === "HEAD" || !hasContent(prepared.status);
    this.#finish(response, head, isHeadOnly ? 0 : prepared.body.byteLength);
    if (isHeadOnly) this.#writer.writeText(response, head, "latin1");
    else if (whole !== null) this.#writer.writeText(response, whole, "latin1");
    else this.#writer.writeBytes(response, head, prepared.body);
  }

  #headsOf({ isLast }: DirectResponse): HeadBuilder {
    return isLast ? this.#parts.closingHeads : this.#parts.heads;
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
    if (!this.#isUsed && !response.isLast) this.#idleWatch = this.#parts.idleSweep.watch(this);
    this.#isUsed = true;
    if (this.socket.timeout) this.socket.setTimeout(0); // ends Node's idle timer: IdleSweep closes idle connections
  }

  /** Records that an answer was written, or was lost. */
  settle(response: DirectResponse, isWritten: boolean): void {
    if (this.#latest === response) {
      this.#latest = null;
      this.socket._httpMessage = null;
      // In a tick, in which the parser has reported bytes that follow this request: they have to be discarded.
      if (response.isLast && isWritten) process.nextTick(() => this.#connection.close());
    }
    if (isWritten && response.req.hasListeners) discard(response.req);
    settleResponse(response, isWritten);
    const { settlement } = this.#parts;
    if (settlement.isUsed) settlement.end(response, response.bytesOut ?? 0, !isWritten);
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

  /** Writes the answers that wait, and gives the open exchanges to Node. */
  promote(): void {
    this.#writer.flush();
    for (const response of this.#detach()) this.#giveToNode(response);
  }

  #giveToNode(response: DirectResponse): void {
    const { req: request, shouldKeepAlive, isLast } = response;
    if (response.writableFinished) {
      // The response was ended by code outside this class, such as a framework that replaces its prototype.
      this.#connection.load.requests++;
      if (this.socket._httpMessage === response) this.socket._httpMessage = null;
      this.#latest = null;
      if (isLast) this.#connection.close();
      this.#parts.settlement.end(response, bodyBytes(response, 0, false), false);
      return;
    }
    response.socket = null; // Node sets it once the earlier responses are written
    this.#fallBackToNode(request, !isLast);
    response.shouldKeepAlive = shouldKeepAlive;
    pushEnd(request);
  }

  #fallBackToNode(request: PacketronRequest, keepAlive: boolean): number {
    // Node would let its next response wait for this one, and Node never learns that this one has ended.
    if (this.socket._httpMessage === this.#latest) this.socket._httpMessage = null;
    this.#latest = null;
    return this.#standard(request, keepAlive);
  }

  /** Ends the direct dispatch of the open exchanges. Returns their responses, oldest first. */
  #detach(): readonly DirectResponse[] {
    const open = this.#open;
    this.#response = null;
    this.#deferred = [];
    for (const response of open) {
      response.state = ExchangeState.NODE;
      response.responder = nodeResponder;
      this.#connection.load.inFlight--;
    }
    return open;
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
      !isNodeObserved()
    );
  }

  /** Removes a complete request from the parser: an idle connection would keep it in memory. */
  #releaseRequest(request: PacketronRequest): void {
    const { parser } = this.socket;
    const isOpen = request.response?.state === ExchangeState.OPEN;
    if (!isOpen && parser?.incoming === request) parser.incoming = null;
  }

  /** Whether {@link IdleSweep} may close the connection. After an answer by Node, Node's own timers do that. */
  get isIdle(): boolean {
    const isHttp = this.socket.parser !== null; // false after an upgrade
    return (
      isHttp && this.#isUsed && this.#open.length === 0 && this.#writer.isEmpty && this.#connection.isFree
    );
  }

  /** Drops the answers that wait, and aborts the open exchanges. */
  #closed(): void {
    this.#writer.close();
    if (this.#idleWatch !== null) this.#parts.idleSweep.remove(this.#idleWatch);
    for (const response of this.#detach()) {
      response.req.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" })); // Node's error
      response.destroyed = true;
      response._closed = true;
      response.emit("close");
      this.#parts.settlement.end(response, 0, true);
    }
  }
}
