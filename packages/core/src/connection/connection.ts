/**
 * One connection: which requests are unanswered, whether it may take more, and how it ends. Node answers pipelined
 * requests in order; this adds the end of the story: one refusal at most, after everything that was due, and nothing
 * behind it.
 */
import type { Socket } from "node:net";
import { refuseSocket, sendError } from "../message/fail.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { closeLingering, closeSoon, discardBody, type LingerLimits } from "./linger.ts";
import type { Load } from "./load.ts";

/** The state of one connection. */
export class Connection {
  readonly socket: Socket;
  readonly #limits: LingerLimits;
  /** The newest request, until it is complete and answered; only this one can have a body that is still arriving. */
  #request: PacketronRequest | null = null;
  /** Unanswered, oldest first. */
  readonly #responses: PacketronResponse[] = [];
  /** Nothing that arrives from now on is dispatched. */
  #rejectsFurther = false;
  /** The status that is due once everything before it is answered, or 0. */
  #refusal = 0;
  /** How long it may be idle while the server drains, in milliseconds; `null` while it does not. */
  #idleGrace: number | null = null;
  #idleTimer: NodeJS.Timeout | undefined;
  /** What the server has to do; shared by its connections. */
  readonly load: Load;
  /** Makes the exchange that is answered directly, if one is under way, one that this connection knows of. */
  promoteExchange: (() => void) | null = null;

  constructor(socket: Socket, limits: LingerLimits, load: Load) {
    this.socket = socket;
    this.load = load;
    this.#limits = limits;
    // Node calls this public method after a last answer, and would reset a client that is still sending.
    socket.destroySoon = () => this.#close();
    socket.on("close", this.#closed);
  }

  /** Whether nothing is under way here that an answer would have to wait for, and the connection is to stay. */
  get isFree(): boolean {
    return (
      this.#responses.length === 0 &&
      this.#request === null &&
      !this.#rejectsFurther &&
      this.#idleGrace === null
    );
  }

  /** Takes a request in; false when the connection is condemned, so that the request is as if it had not come. */
  admit(request: PacketronRequest, response: PacketronResponse): boolean {
    const before = this.#responses.at(-1);
    if (before !== undefined && isLast(before)) this.#rejectsFurther = true;
    if (this.#rejectsFurther) return false;
    this.#request = request;
    this.#responses.push(response);
    this.load.inFlight++;
    // Before Node's own listener, which lets go of the request and may close the socket.
    response.prependListener("finish", this.#answered);
    if (this.#idleGrace !== null) this.#announceClose();
    return true;
  }

  /** Refuses the request that was admitted last, and with it everything behind it. */
  refuseRequest(response: PacketronResponse, status: number): void {
    this.#rejectsFurther = true;
    sendError(response, status, { Connection: "close" });
  }

  /** Refuses what the parser could not make a request of: the newest request's body, or the head that follows it. */
  refuse(status: number): void {
    this.promoteExchange?.();
    if (this.#rejectsFurther) return;
    this.#rejectsFurther = true;
    if (this.#request !== null && !this.#request.complete) return this.#refuseBody(status);
    this.#refusal = status;
    if (this.#responses.length === 0) this.#end();
  }

  /** Dispatches nothing more. */
  rejectFurther(): void {
    this.promoteExchange?.();
    this.#rejectsFurther = true;
  }

  /** Lets the newest answer carry `Connection: close`, and closes the connection once it is idle for the grace. */
  drain(idleGrace: number): void {
    this.promoteExchange?.();
    this.#idleGrace = idleGrace;
    if (this.#responses.length === 0) this.#closeWhenIdle(idleGrace);
    else this.#announceClose();
  }

  /** Only the newest: a client drops what it has pipelined behind an answer with `Connection: close`. */
  #announceClose(): void {
    const earlier = this.#responses.at(-2);
    if (earlier !== undefined && !earlier.headersSent) earlier.shouldKeepAlive = true;
    const newest = this.#responses.at(-1);
    if (newest !== undefined && !newest.headersSent) newest.shouldKeepAlive = false;
  }

  #closeWhenIdle(idleGrace: number): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => setImmediate(this.#closeIfIdle), idleGrace);
  }

  /** Behind a look at the sockets: a process that was busy has timers that are due before it reads what came in time. */
  readonly #closeIfIdle = (): void => {
    if (this.#responses.length === 0) this.#close();
  };

  /** A broken body ends its own request: that one is answered if it is not, and cut if its answer has begun. */
  #refuseBody(status: number): void {
    const response = this.#responses.at(-1);
    if (response === undefined) this.#end();
    else if (!response.headersSent) sendError(response, status, { Connection: "close" });
    else if (!response.writableEnded) this.socket.destroy();
  }

  /** The oldest answer is out. */
  readonly #answered = (): void => {
    this.#responses.shift();
    this.load.inFlight--;
    this.load.requests++;
    if (this.#responses.length > 0) return;
    const request = this.#request;
    if (request?.complete === false) discardBody(request, this.#limits, () => this.socket.destroy());
    else this.#request = null;
    // After Node's own listener, which closes the connection when the answer said so.
    if (this.#rejectsFurther) process.nextTick(() => this.#end());
    else if (this.#idleGrace !== null) this.#closeWhenIdle(this.#idleGrace);
  };

  /** Everything due is answered: the refusal goes out if one is due, and the connection closes. */
  #end(): void {
    if (this.socket.writableEnded || this.socket.destroyed) return;
    if (this.#refusal === 0) this.#close();
    else refuseSocket(this.socket, this.#refusal);
  }

  #close(): void {
    const unread = this.#rejectsFurther || this.#responses.length > 0 || this.#request?.complete === false;
    this.#rejectsFurther = true;
    if (unread) closeLingering(this.socket, this.#limits);
    else closeSoon(this.socket);
  }

  readonly #closed = (): void => {
    clearTimeout(this.#idleTimer);
    this.load.inFlight -= this.#responses.length;
    this.#rejectsFurther = true;
    // Node forgets a request once it is answered; whoever still waits for its body must learn that none will come.
    if (this.#request?.complete === false) this.#request.destroy();
  };
}

/** Node's own search for the word. */
const CLOSE = /(?:^|\W)close(?:$|\W)/i;

/**
 * Whether an answer is the last of its connection: what follows it is not processed, RFC 9112 section 9.6, because its
 * client would never learn the outcome. Once a head is written, also one of `writeHead()` or one that draining has
 * closed, Node knows, and has no public name for it.
 */
function isLast(response: PacketronResponse): boolean {
  if (response.headersSent) return Reflect.get(response, "_last") === true;
  const connection = response.getHeader("Connection");
  return connection !== undefined && CLOSE.test(String(connection));
}
