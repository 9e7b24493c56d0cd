/**
 * A connection whose requests are answered directly: in the call of Node's parser, without Node's queues of requests and
 * responses, in one write. Requests that need more (an upgrade, Expect, HTTP/1.0…) go to Node's original `onIncoming`.
 *
 * The way of a request, top to bottom: `onIncoming`, dispatch and handler, `send`, {@link ResponseWriter}, `#settle`.
 */
import { channel } from "node:diagnostics_channel";
import { methodIndex } from "../http/methods.ts";
import { ExchangeState, type Responder } from "../message/exchange.ts";
import { hasContent, setLines } from "../message/head.ts";
import { nodeResponder } from "../message/node-responder.ts";
import type { PreparedAnswer } from "../message/prepared-answer.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { HeadFlag, validateHead } from "../message/validate-head.ts";
import { http } from "../node/http.ts";
import { type HttpSocket, hasOwnFraming, type OutHeaders, pendingHeaders } from "../node/internals.ts";
import type { IdleCandidate } from "./idle.ts";
import type { ConnectionState, DirectParts, OnIncoming } from "./parts.ts";
import { discard, isOver, promoteRequest, pushEnd } from "./request.ts";
import { type DirectResponse, isPlain, settleResponse } from "./response.ts";
import { ResponseWriter } from "./response-writer.ts";

// Subscribers of these get Node's own exchanges.
const started = channel("http.server.request.start");
const created = channel("http.server.response.created");
const finished = channel("http.server.response.finish");

/** One connection. */
export class DirectConnection implements Responder, IdleCandidate {
  readonly socket: HttpSocket;
  readonly #parts: DirectParts;
  readonly #connection: ConnectionState;
  /** Node's own function for a request. */
  readonly #standard: OnIncoming;
  /** The response that has no answer yet. */
  #response: DirectResponse | null = null;
  /** The newest response, until its answer is written. */
  #latest: DirectResponse | null = null;
  readonly #writer: ResponseWriter;
  #isUsed = false;

  constructor(parts: DirectParts, socket: HttpSocket, standard: OnIncoming, connection: ConnectionState) {
    this.#parts = parts;
    this.socket = socket;
    this.#standard = standard;
    this.#connection = connection;
    this.#writer = new ResponseWriter(socket, this.#settle);
    connection.promoteExchange = () => this.promote();
    // Before Node's listener, which gives the parser to others.
    socket.prependOnceListener("close", () => this.#closed());
    parts.idleSweep.watch(this);
  }

  /** Takes a request whose head is complete; Node's parser calls it. */
  readonly onIncoming: OnIncoming = (request, keepAlive) => {
    if (this.#response !== null) this.promote();
    const head = keepAlive && this.#isOpen(request) ? validateHead(request) : HeadFlag.REFUSED;
    if (head > HeadFlag.BODY) return this.#fallBackToNode(request, keepAlive);
    const { responseClass, plain, dispatch } = this.#parts;
    const response = new responseClass(request);
    response.socket = this.socket;
    response.responder = this;
    response.state = ExchangeState.OPEN;
    if (head === HeadFlag.BODY) response.awaitsBody = true;
    request.response = response;
    this.socket._httpMessage = response;
    this.#response = response;
    this.#latest = response;
    this.#connection.load.inFlight++;
    dispatch(request, response);
    // A framework that gives it a prototype of its own (Express) calls what Node has.
    if (response.state === ExchangeState.OPEN && response.end !== plain.end) this.promote();
    return 0;
  };

  /** Answers in one write, unless only Node can do it. */
  send(response: PacketronResponse, type: string | null, body: string | Uint8Array): void {
    const open = this.#response;
    if (open === response && isPlain(open, this.#parts.plain)) {
      const set = pendingHeaders(open);
      const lines = set === null ? "" : setLines(set);
      // The toString() of a header may have used the response.
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
    const head = this.#parts.heads.build(status, type, lines, set, length);
    this.#finish(response, head);
    const isHeadOnly = response.req.method === "HEAD" || status === 205 || !hasContent(status);
    // The head is in ASCII unless one of the lines is not.
    const isAscii = lines === "" || Buffer.byteLength(lines) === lines.length;
    this.#writer.write(response, head, isAscii, isHeadOnly ? "" : body, isHeadOnly ? 0 : length);
  }

  /** As {@link send}, with a prepared answer. */
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
    const { head, whole } = this.#parts.heads.prepared(prepared, set);
    response.statusCode = prepared.status;
    this.#finish(response, head);
    if (response.req.method === "HEAD" || !hasContent(prepared.status))
      this.#writer.writeText(response, head, "latin1");
    else if (whole !== null) this.#writer.writeText(response, whole, "latin1");
    else this.#writer.writeBytes(response, head, prepared.body);
  }

  /** From here on the response looks as Node's does after `end()`. */
  #finish(response: DirectResponse, head: string): void {
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
    this.#isUsed = true;
    if (this.socket.timeout) this.socket.setTimeout(0); // set by Node after the last exchange that was its own
  }

  readonly #settle = (response: DirectResponse, isWritten: boolean): void => {
    if (this.#latest === response) {
      this.#latest = null;
      this.socket._httpMessage = null;
    }
    if (isWritten && response.req.hasListeners) discard(response.req);
    settleResponse(response, isWritten);
  };

  /** Keeps the end of a request from Node's stream, until a caller uses that. */
  endRequest(request: PacketronRequest): boolean {
    request.isEndPending = true;
    this.#releaseRequest(request);
    if (request.hasListeners) pushEnd(request);
    return false;
  }

  /** After the answer there is nothing left to destroy: the connection is the next request's. */
  mayDestroy(request: PacketronRequest): boolean {
    if (isOver(request)) return false;
    promoteRequest(request);
    return true;
  }

  /** Writes what waits, and gives Node the exchange that is under way. */
  promote(): void {
    this.#writer.flush();
    const response = this.#response;
    if (response === null) return;
    const { req: request, shouldKeepAlive } = response;
    this.#detach(response);
    if (response.writableFinished) {
      // Ended by code outside this class, such as a framework with prototypes of its own.
      this.#connection.load.requests++;
      if (this.socket._httpMessage === response) this.socket._httpMessage = null;
      this.#latest = null;
      return;
    }
    this.#fallBackToNode(request, true);
    response.shouldKeepAlive = shouldKeepAlive;
    pushEnd(request);
  }

  #fallBackToNode(request: PacketronRequest, keepAlive: boolean): number {
    this.#writer.flush();
    // Node would queue its response after one that it does not know.
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

  /** Whether the next exchange can be a direct one, as far as the connection and its server know. */
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

  /** After an answer, the rest of a body is lingered for; and a socket that is half closed takes nothing. */
  #canAnswer(response: DirectResponse, status: number): boolean {
    return (!response.awaitsBody || response.req.complete) && this.socket.writable && status >= 200;
  }

  /** An idle connection must not hold a request whose body is complete. */
  #releaseRequest(request: PacketronRequest): void {
    const { parser } = this.socket;
    if (this.#response?.req !== request && parser?.incoming === request) parser.incoming = null;
  }

  /** For the sweep; Node has timers of its own after the exchanges that it answers. */
  get isIdle(): boolean {
    const isHttp = this.socket.parser !== null; // no longer after an upgrade
    return (
      isHttp && this.#isUsed && this.#response === null && this.#writer.isEmpty && this.#connection.isFree
    );
  }

  /** Drops answers that wait, and aborts the exchange that has none. */
  #closed(): void {
    this.#writer.close();
    const response = this.#response;
    if (response === null) return;
    this.#detach(response);
    response.req.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" })); // as Node's
    response.destroyed = true;
    response._closed = true;
    response.emit("close");
  }
}
