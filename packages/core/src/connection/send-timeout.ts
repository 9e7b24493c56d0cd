/**
 * Closes connections whose clients take no byte of an answer. Such a client holds the answer in memory, and may hold a
 * file open, for as long as it likes. One timer checks all connections, and remembers only those whose answers wait.
 */
import type { Socket } from "node:net";
import { createLogLimiter, type Logger } from "../log/logger.ts";
import { requestFields } from "../log/request-fields.ts";
import { PacketronResponse } from "../message/response.ts";
import { isHttpSocket } from "../node/internals.ts";
import { type SendQueue, sendQueueOf } from "../node/send-queue.ts";

/** A connection whose client may take no bytes. */
export interface SendCandidate {
  readonly socket: Socket;
  /** Whether the socket belongs to another protocol, whose code has time limits of its own. */
  readonly isHandedOver: boolean;
}

/** How many checks are made during one timeout. A connection is closed up to two check intervals late. */
const CHECKS_PER_TIMEOUT = 20;

/** The limits of the check interval, in milliseconds. */
const [SHORTEST, LONGEST] = [10, 3_000];

/**
 * How many connections are closed in one turn of the event loop. Thousands of clients may stall together, and the close
 * of each one runs the code of its handler: a thousand take 30 ms.
 */
const CLOSED_PER_TURN = 32;

/** A connection whose answer waits. */
interface Stall {
  /** The bytes that the system had taken at the first of these checks. */
  readonly taken: number;
  /**
   * At how many further checks in a row the system had taken no more. A count, not a time: while the event loop is
   * blocked, this process gives the system nothing, so the first check after that must not count the whole time.
   */
  readonly checks: number;
}

/** Closes the connections of one server whose clients take no byte of an answer during the timeout. */
export class SendTimeouts {
  readonly #timeout: number;
  readonly #interval: number;
  readonly #connections: Iterable<SendCandidate>;
  readonly #log: Logger;
  readonly #limited = createLogLimiter();
  #stalls: ReadonlyMap<SendCandidate, Stall> = new Map();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param timeout In milliseconds; 0 turns the checks off.
   * @param connections The open connections, at the moment of each iteration.
   */
  constructor(timeout: number, connections: Iterable<SendCandidate>, log: Logger) {
    this.#timeout = timeout;
    this.#interval = Math.min(Math.max(Math.ceil(timeout / CHECKS_PER_TIMEOUT), SHORTEST), LONGEST);
    this.#connections = connections;
    this.#log = log;
  }

  /** Starts the checks, which end by themselves without connections. To be called when a connection is opened. */
  start(): void {
    if (this.#timeout > 0) this.#timer ??= setInterval(() => this.#check(), this.#interval).unref();
  }

  /** Ends the checks. To be called when the last connection is closed: a timer keeps its server in memory. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const stalls = new Map<SendCandidate, Stall>();
    const due: SendCandidate[] = [];
    let count = 0;
    for (const connection of this.#connections) {
      count++;
      const queue = connection.isHandedOver ? null : sendQueueOf(connection.socket);
      if (queue === null) continue;
      const before = this.#stalls.get(connection);
      const checks = before?.taken === queue.taken ? before.checks + 1 : 0;
      if (checks * this.#interval >= this.#timeout) due.push(connection);
      else stalls.set(connection, { taken: queue.taken, checks });
    }
    this.#stalls = stalls;
    this.#cutDue(due);
    if (count === 0) this.stop();
  }

  #cutDue(due: SendCandidate[]): void {
    for (const { socket } of due.splice(0, CLOSED_PER_TURN)) {
      const queue = sendQueueOf(socket);
      if (queue !== null) this.#cut(socket, queue); // else the client has left, or taken the rest, in the turns between
    }
    if (due.length > 0) setImmediate(() => this.#cutDue(due));
  }

  #cut(socket: Socket, { waiting }: SendQueue): void {
    const response = isHttpSocket(socket) ? socket._httpMessage : null;
    const fields = response instanceof PacketronResponse ? requestFields(response.req) : {};
    cut(socket);
    this.#limited("send-timeout", (leftOut) =>
      this.#log.warn(
        { ...fields, waiting, leftOut },
        `a client took no byte of its answer for ${this.#timeout} ms; the connection is closed`,
      ),
    );
  }
}

/**
 * Closes a connection with a reset. After a mere close, the system would hold the bytes that it has taken, up to some
 * megabytes for each connection, and offer them to the client for minutes.
 */
function cut(socket: Socket): void {
  // Node resets neither TLS nor Unix sockets, nor a socket whose end waits for the bytes before it.
  const canReset = socket.remoteAddress !== undefined && !("encrypted" in socket) && !socket.writableEnded;
  if (canReset) socket.resetAndDestroy();
  else socket.destroy();
}
