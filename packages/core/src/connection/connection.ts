/**
 * One connection: its unanswered requests, whether it admits further requests, and how the connection ends. Node
 * answers pipelined requests in order. This class adds the end: at most one refusal, after all answers that are due,
 * and no answer after it.
 */
import type { Socket } from "node:net";
import type { ServerSettings } from "../config/options.ts";
import type { DirectExchanges } from "../direct/parts.ts";
import { refuseSocket } from "../message/fail.ts";
import { refuseMalformed } from "../message/refuse-malformed.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { bodyBytes, type Settlement } from "../message/settlement.ts";
import { onTrailersRefused } from "../message/trailers.ts";
import type { Listed } from "../node/live-list.ts";
import { turns } from "../node/turns.ts";
import { closeLingering, closeSoon, discardBody, type LingerLimits } from "./linger.ts";
import type { Load } from "./load.ts";

/** The settings of a server that its connections need. */
export type ConnectionSettings = LingerLimits & Pick<ServerSettings, "errorBodies">;

/** Headers of a refusal after which the start of the next request is uncertain. */
const CLOSES = { Connection: "close" };

/** Admits or refuses the requests of one connection, and closes the connection after the answers that are due. */
export class Connection implements Listed {
  readonly socket: Socket;
  /** The index of the connection in the list of its table; -1 once it is closed. */
  position = -1;
  readonly #settings: ConnectionSettings;
  /**
   * The newest request, until it is complete and answered. Of all requests, only the newest can have an unfinished
   * body.
   */
  #request: PacketronRequest | null = null;
  /** The responses that are not answered yet, oldest first. */
  readonly #responses: PacketronResponse[] = [];
  /** Whether requests that arrive from now on are dropped. */
  #rejectsFurther = false;
  /** The status of the refusal that is to be sent once all responses are answered; 0 when there is no refusal. */
  #refusal = 0;
  /** How long the connection may be idle while the server drains, in milliseconds; `null` before it drains. */
  #idleGrace: number | null = null;
  #idleTimer: NodeJS.Timeout | undefined;
  /** How many requests of this connection wait for a later turn of the event loop. */
  #deferred = 0;
  /** Pauses the socket again when Node resumes it; `null` while the connection is read. */
  #pauseAgain: (() => void) | null = null;
  /** Records that the oldest answer has been written. Made when Node answers the first time: few connections need it. */
  #answered: (() => void) | null = null;
  /** Counts of connections and requests, which all connections of the server share. */
  readonly load: Load;
  readonly #settlement: Settlement;
  /** Signals the drain to the owner of the socket; `null` unless it has been handed over. */
  #handedOver: AbortController | null = null;
  /** The bytes that the socket had taken when the oldest response began; counted only while exchanges are reported. */
  #bytesBefore = 0;
  /**
   * Has the requests that core answers without Node's response code. Its `promote()` gives them to Node, so that
   * `admit()` is called for each.
   */
  direct: DirectExchanges | null = null;

  constructor(socket: Socket, settings: ConnectionSettings, load: Load, settlement: Settlement) {
    this.socket = socket;
    this.load = load;
    this.#settings = settings;
    this.#settlement = settlement;
    // Node calls destroySoon() after the last answer. Node's own destroySoon() would reset a client that still sends.
    socket.destroySoon = () => this.close();
    onTrailersRefused(socket, this);
  }

  /** Whether a new request can be answered at once: Node answers no earlier request, and the connection stays open. */
  get isFree(): boolean {
    return (
      this.#responses.length === 0 &&
      this.#request === null &&
      !this.#rejectsFurther &&
      this.#idleGrace === null
    );
  }

  /** Whether the socket has been given to code of another protocol. */
  get isHandedOver(): boolean {
    return this.#handedOver !== null;
  }

  /** The requests that Node answers and that are not answered yet, oldest first. */
  get unanswered(): PacketronRequest[] {
    return this.#responses.map((response) => response.req);
  }

  /** The requests that are not answered yet. */
  get openRequests(): readonly PacketronRequest[] {
    const direct = this.direct?.openRequests ?? [];
    return direct.length === 0 ? this.unanswered : direct;
  }

  /** Admits a request. Returns false when the connection rejects further requests: the caller has to drop this one. */
  admit(request: PacketronRequest, response: PacketronResponse): boolean {
    const before = this.#responses.at(-1);
    // A request that core has given to Node arrived before the answer that closes the connection.
    if (before !== undefined && request.response === null && isLast(before)) this.#rejectsFurther = true;
    if (this.#rejectsFurther) return false;
    this.#request = request;
    if (this.#settlement.isUsed) this.#begin(response);
    this.#responses.push(response);
    this.load.inFlight++;
    // Runs before Node's own listener, which detaches the request and may close the socket.
    this.#answered ??= () => this.#countAnswered();
    response.prependListener("finish", this.#answered);
    if (this.#idleGrace !== null) this.#announceClose();
    return true;
  }

  /**
   * Calls a function in a later turn of the event loop, unless the connection is closed before. While two requests wait,
   * the connection is not read: a client could pipeline requests without end, and none is answered yet.
   */
  defer(handle: () => void): void {
    this.#deferred++;
    if (this.#deferred === 2) this.#pause();
    turns.defer(this.socket, () => {
      this.#deferred--;
      handle();
      if (this.#deferred === 0 && this.#pauseAgain !== null) this.#resumeSoon();
    });
  }

  #pause(): void {
    if (this.#pauseAgain !== null) return;
    // Node resumes the socket whenever a message is complete.
    this.#pauseAgain = () => void this.socket.pause();
    this.socket.on("resume", this.#pauseAgain);
    this.socket.pause();
  }

  /** Resumes once the client has read most of the answers: Node pauses for unread ones only when a request arrives. */
  #resumeSoon(): void {
    if (this.socket.writableNeedDrain) this.socket.once("drain", () => this.#resumeSoon());
    else this.#resume();
  }

  #resume(): void {
    if (this.#pauseAgain === null) return;
    this.socket.off("resume", this.#pauseAgain);
    this.#pauseAgain = null;
    this.socket.resume();
  }

  /** Refuses the request that was admitted last, and rejects all that follow it. */
  refuseRequest(response: PacketronResponse, status: number): void {
    this.#rejectsFurther = true;
    refuseMalformed(response, status, CLOSES);
  }

  /** Refuses bytes that the parser rejected: the body of the newest request, or the head after it. */
  refuse(status: number): void {
    this.direct?.promote();
    if (this.#rejectsFurther) return;
    this.#rejectsFurther = true;
    if (this.#request !== null && !this.#request.complete) return this.#refuseBody(status);
    this.#refusal = status;
    if (this.#responses.length === 0) this.#end();
  }

  /** Drops every request that arrives from now on. */
  rejectFurther(): void {
    this.direct?.promote();
    this.#rejectsFurther = true;
  }

  /**
   * Gives up the socket to the code that has taken the only request of this connection. Returns the signal that aborts
   * when the connection should end: at once, while the server drains.
   */
  handOver(response: PacketronResponse): AbortSignal {
    if (this.#answered !== null) response.removeListener("finish", this.#answered);
    response.statusCode = 101;
    this.load.upgraded++;
    this.#rejectsFurther = true;
    this.#request = null;
    this.#count();
    Reflect.deleteProperty(this.socket, "destroySoon"); // Node's own, which the constructor has replaced
    this.#handedOver = new AbortController();
    if (this.#idleGrace !== null) this.#handedOver.abort();
    return this.#handedOver.signal;
  }

  /** Sends `Connection: close` with the newest answer, and closes the connection once it is idle for the grace. */
  drain(idleGrace: number): void {
    this.#idleGrace = idleGrace;
    if (this.#handedOver !== null) return this.#handedOver.abort();
    this.direct?.promote();
    if (this.#responses.length === 0) this.#closeWhenIdle(idleGrace);
    else this.#announceClose();
  }

  /**
   * Lets only the newest answer carry `Connection: close`. An earlier answer with this header would make the client
   * drop the requests that follow it in the pipeline.
   */
  #announceClose(): void {
    const earlier = this.#responses.at(-2);
    if (earlier !== undefined && !earlier.headersSent) earlier.shouldKeepAlive = true;
    const newest = this.#responses.at(-1);
    if (newest !== undefined && !newest.headersSent) newest.shouldKeepAlive = false;
  }

  #closeWhenIdle(idleGrace: number): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => setImmediate(() => this.#closeIfIdle()), idleGrace);
  }

  /** Closes if no request has arrived. Waits an immediate: a busy process runs timers before it reads sockets. */
  #closeIfIdle(): void {
    if (this.#responses.length === 0) this.close();
  }

  /** Refuses the request of a broken body, or cuts the connection if its answer has begun and not ended. */
  #refuseBody(status: number): void {
    const response = this.#responses.at(-1);
    if (response === undefined) this.#end();
    else if (!response.headersSent) refuseMalformed(response, status, CLOSES);
    else if (!response.writableEnded) this.socket.destroy();
  }

  #countAnswered(): void {
    this.#count();
    if (this.#responses.length > 0) return;
    const request = this.#request;
    if (request?.complete === false) discardBody(request, this.#settings, () => this.socket.destroy());
    else this.#request = null;
    // Runs after Node's own listener, which closes the connection if the answer says `Connection: close`.
    if (this.#rejectsFurther) process.nextTick(() => this.#end());
    else if (this.#idleGrace !== null) this.#closeWhenIdle(this.#idleGrace);
  }

  /** Counts the oldest request as answered. */
  #count(): void {
    const answered = this.#responses.shift();
    this.load.inFlight--;
    this.load.requests++;
    if (this.#settlement.isUsed && answered !== undefined) this.#settle(answered, false);
  }

  #begin(response: PacketronResponse): void {
    if (this.#responses.length === 0) this.#bytesBefore = this.socket.bytesWritten;
    this.#settlement.begin(response);
  }

  /** Reports the oldest exchange. Node writes the answers in order, so the bytes since the last report belong to it. */
  #settle(response: PacketronResponse, aborted: boolean): void {
    const { bytesWritten } = this.socket;
    const bytesOut = bodyBytes(response, bytesWritten - this.#bytesBefore, aborted);
    this.#bytesBefore = bytesWritten;
    this.#settlement.end(response, bytesOut, aborted);
  }

  /** Sends the refusal, if there is one, and closes the connection. To be called when all responses are answered. */
  #end(): void {
    if (this.socket.writableEnded || this.socket.destroyed) return;
    if (this.#refusal === 0) this.close();
    else refuseSocket(this.socket, this.#refusal, this.#settings.errorBodies);
  }

  /** Closes the connection after its last answer. Discards what the client still sends. */
  close(): void {
    const unread = this.#rejectsFurther || this.#responses.length > 0 || this.#request?.complete === false;
    this.#rejectsFurther = true;
    this.#resume();
    if (unread) closeLingering(this.socket, this.#settings);
    else closeSoon(this.socket);
  }

  /** Settles what is left. To be called when the socket is closed. */
  closed(): void {
    clearTimeout(this.#idleTimer);
    if (this.#handedOver !== null) this.load.upgraded--;
    this.load.inFlight -= this.#responses.length;
    if (this.#settlement.isUsed) for (const response of this.#responses) this.#settle(response, true);
    this.#rejectsFurther = true;
    // Node drops a request once it is answered. Code that still waits for the request's body has to get an error.
    if (this.#request?.complete === false) this.#request.destroy();
  }
}

/** Finds `close` in a Connection header, as Node does. */
const CLOSE = /(?:^|\W)close(?:$|\W)/i;

/**
 * Whether the connection closes after this answer. Later requests are not processed (RFC 9112 section 9.6), because the
 * client would not get their answers. Once a head is written, by `writeHead()` or while draining, only a private field
 * of Node's response says whether the connection closes.
 */
function isLast(response: PacketronResponse): boolean {
  if (response.headersSent) return Reflect.get(response, "_last") === true;
  const connection = response.getHeader("Connection");
  return connection !== undefined && CLOSE.test(String(connection));
}
