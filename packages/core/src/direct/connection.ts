/**
 * A connection whose requests are answered directly: in the call of Node's parser, without Node's queues of requests and
 * responses, in one write. Whatever is not plain goes to the function that Node had put there, which is kept.
 */
import { channel } from "node:diagnostics_channel";
import type { IncomingMessage, Server } from "node:http";
import type { Connection } from "../connection/connection.ts";
import { methodIndex } from "../http/methods.ts";
import type { PreparedAnswer } from "../message/prepared-answer.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { HeadFlag, inspectHead } from "../message/validate-head.ts";
import { http } from "../node/http.ts";
import type { HttpSocket, OnIncoming, OutHeaders } from "../node/internals.ts";
import { type Heads, hasContent } from "./head.ts";
import type { IdleCandidate, IdleSweep } from "./idle.ts";
import { DirectRequest } from "./request.ts";
import { DirectResponse, Way } from "./response.ts";
import { Outlet } from "./response-writer.ts";

/** What the direct connections of a server share. */
export interface DirectParts {
  readonly server: Pick<Server, "maxRequestsPerSocket">;
  readonly heads: Heads;
  readonly responseClass: typeof PacketronResponse;
  readonly dispatch: (request: PacketronRequest, response: PacketronResponse) => void;
  readonly idleSweep: IdleSweep;
}

// Whoever watches exchanges through these gets Node's own.
const started = channel("http.server.request.start");
const created = channel("http.server.response.created");
const finished = channel("http.server.response.finish");

/** One connection. */
export class DirectConnection implements IdleCandidate {
  readonly socket: HttpSocket;
  readonly #parts: DirectParts;
  readonly #connection: Connection;
  /** Node's own way of taking a request in. */
  readonly #standard: OnIncoming;
  /** The one that is not answered yet. */
  #response: PacketronResponse | null = null;
  /** The newest, until its answer is out. */
  #latest: DirectResponse | null = null;
  readonly #outlet: Outlet;
  #isUsed = false;

  constructor(parts: DirectParts, socket: HttpSocket, standard: OnIncoming, connection: Connection) {
    this.#parts = parts;
    this.socket = socket;
    this.#standard = standard;
    this.#connection = connection;
    this.#outlet = new Outlet(socket, this.#settle);
    connection.leaveDirect = () => this.promote();
    // Before Node's listener, which gives the parser to others.
    socket.prependOnceListener("close", () => this.#closed());
    parts.idleSweep.watch(this);
  }

  /** For the sweep; Node has timers of its own behind the exchanges that it answers. */
  get isIdle(): boolean {
    const isHttp = this.socket.parser !== null; // no longer, behind an upgrade
    return (
      isHttp && this.#isUsed && this.#response === null && this.#outlet.isEmpty && this.#connection.isFree
    );
  }

  /** Takes in a request whose head is complete; Node's parser calls it. */
  readonly onIncoming: OnIncoming = (request, keepAlive) => {
    if (this.#response !== null) this.promote();
    const head = keepAlive && this.#isOpen(request) ? inspectHead(request) : HeadFlag.REFUSED;
    if (head > HeadFlag.BODY) return this.#giveToNode(request, keepAlive);
    const response = new this.#parts.responseClass(request);
    response.socket = this.socket;
    response.direct = this;
    request.response = response;
    response.way = Way.DIRECT;
    if (head === HeadFlag.BODY) response.awaitsBody = true;
    this.socket._httpMessage = response;
    this.#response = response;
    this.#latest = response;
    this.#connection.load.inFlight++;
    this.#parts.dispatch(request, response);
    // A framework that gives it a prototype of its own (Express) calls what Node has.
    if (response.way === Way.DIRECT && response.end !== DirectResponse.prototype.end) this.promote();
    return 0;
  };

  /** Writes an answer, with lines of headers; `false` when Node has to do it, which has the exchange then. */
  answer(response: DirectResponse, lines: string, type: string | null, body: string | Uint8Array): boolean {
    const { req: request, statusCode: status } = response;
    if (!this.#takes(request, response, status)) return false;
    const { heads } = this.#parts;
    const content = request.method === "HEAD" || status === 205 || !hasContent(status) ? "" : body;
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    let text: string;
    if (!hasContent(status)) text = heads.withoutContent(status, lines);
    else if (lines === "") text = `${heads.plain(status, type)}${status === 205 ? 0 : length}\r\n\r\n`;
    else text = `${heads.full(status, type, lines)}${status === 205 ? 0 : length}\r\n\r\n`;
    this.#finish(response, text);
    // As Node does: a text and the head before it in UTF-8, any other head in Latin-1.
    const isPlainHead = lines === "" || Buffer.byteLength(lines) === lines.length;
    if (typeof content !== "string") this.#outlet.writeBytes(response, text, content);
    else if (isPlainHead && (content === "" || length === content.length))
      this.#outlet.writeText(response, text + content, "ascii");
    else if (content === "") this.#outlet.writeBytes(response, text, NOTHING);
    else this.#outlet.writeText(response, text + content, "utf8");
    return true;
  }

  /** As {@link answer}, with what was prepared. */
  answerPrepared(response: DirectResponse, headers: OutHeaders | null, prepared: PreparedAnswer): boolean {
    const { req: request } = response;
    if (!this.#takes(request, response, prepared.status)) return false;
    const { head, whole } = this.#parts.heads.prepared(prepared, headers);
    response.statusCode = prepared.status;
    this.#finish(response, head);
    if (request.method === "HEAD" || !hasContent(prepared.status))
      this.#outlet.writeText(response, head, "latin1");
    else if (whole !== null) this.#outlet.writeText(response, whole, "latin1");
    else this.#outlet.writeBytes(response, head, prepared.body);
    return true;
  }

  /** Gives Node the exchange that is under way, and writes what waits. */
  promote(): void {
    this.#outlet.flush();
    const response = this.#response;
    if (response === null) return;
    const { req: request, shouldKeepAlive } = response;
    this.#detach(response);
    if (response.writableFinished) return this.#answeredAround(response);
    this.#giveToNode(request, true);
    response.shouldKeepAlive = shouldKeepAlive;
    DirectRequest.prototype.tellEnd.call(request);
  }

  /** Somebody has ended it past this class, and Node has told so: it must not wait for that. */
  #answeredAround(response: DirectResponse): void {
    this.#connection.load.requests++;
    if (this.socket._httpMessage === response) this.socket._httpMessage = null;
    this.#latest = null;
  }

  /** The body of a request is complete: an idle connection must not hold the request. */
  forget(request: IncomingMessage): void {
    const { parser } = this.socket;
    if (this.#response?.req !== request && parser?.incoming === request) parser.incoming = null;
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

  /** Whether an answer can be a direct one; else the exchange is Node's. */
  #takes(request: PacketronRequest, response: DirectResponse, status: number): boolean {
    // Behind an answer, the rest of a body is lingered for; and a socket that is half closed takes nothing.
    if ((!response.awaitsBody || request.complete) && this.socket.writable && status >= 200) return true;
    this.promote();
    return false;
  }

  #giveToNode(request: PacketronRequest, keepAlive: boolean): number {
    this.#outlet.flush();
    // Node would queue its response behind one that it does not know.
    if (this.socket._httpMessage === this.#latest) this.socket._httpMessage = null;
    this.#latest = null;
    return this.#standard(request, keepAlive);
  }

  #detach(response: DirectResponse): void {
    this.#response = null;
    response.way = Way.STANDARD;
    response.direct = null;
    this.#connection.load.inFlight--;
  }

  /** From here on the response looks as Node's does after `end()`. */
  #finish(response: DirectResponse, head: string): void {
    this.#response = null;
    response.way = Way.ANSWERED;
    response._header = head;
    response._headerSent = true;
    response.finished = true;
    response.statusMessage = http.STATUS_CODES[response.statusCode] ?? "unknown";
    const { load } = this.#connection;
    load.inFlight--;
    load.requests++;
    if (response.req.complete) this.forget(response.req);
    this.#isUsed = true;
    if (this.socket.timeout) this.socket.setTimeout(0); // set by Node behind the last exchange that was its own
  }

  readonly #settle = (response: DirectResponse, isWritten: boolean): void => {
    if (this.#latest === response) {
      this.#latest = null;
      this.socket._httpMessage = null;
    }
    if (isWritten) DirectRequest.prototype.discard.call(response.req);
    response.settle(isWritten);
  };

  /** What waits will never be written, and who works on an answer learns that nobody waits for it. */
  #closed(): void {
    this.#outlet.close();
    const response = this.#response;
    if (response === null) return;
    this.#detach(response);
    response.req.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" })); // as Node's
    response.destroyed = true;
    response._closed = true;
    response.emit("close");
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
