/** The open connections of one server, and how they are closed without losing a request. */
import type { Socket } from "node:net";
import { type CutReport, countRequests } from "../cluster/process/cut-report.ts";
import type { PacketronRequest } from "../message/request.ts";
import { Settlement } from "../message/settlement.ts";
import { LiveList } from "../node/live-list.ts";
import { Connection, type ConnectionSettings } from "./connection.ts";
import { Load } from "./load.ts";

/** A drain whose connections begin to drain one after another. */
interface DrainSpread {
  readonly idleGrace: number;
  /** The number of connections. */
  readonly total: number;
  /** When the first drain began, in the milliseconds of `performance.now()`. */
  readonly startedAt: number;
  /** When the last drain begins, in milliseconds after `startedAt`. */
  readonly duration: number;
}

/** How often the drains of further connections begin while a drain is spread over time, in milliseconds. */
const SPREAD_INTERVAL = 20;

/** The property of a socket that has its connection. A WeakMap has the disadvantage that `live-list.ts` describes. */
const CONNECTION: unique symbol = Symbol("connection");

interface ServedSocket extends Socket {
  readonly [CONNECTION]: Connection | undefined;
}

/** Records the open connections of a server, and drains or cuts them. */
export class ConnectionTable {
  /** Counts of connections and requests; the connections update them. */
  readonly load: Load;
  readonly #settings: ConnectionSettings;
  readonly #settlement: Settlement;
  readonly #connections = new LiveList<Connection>();
  /** TCP connections whose TLS handshake is not finished, by peer. */
  readonly #handshakes = new Map<string, Socket>();
  #idleGrace: number | null = null;
  /** Connections whose drain has not begun, because the drain is spread over time. */
  #undrained: Connection[] = [];
  #spreadTimer: NodeJS.Timeout | undefined;
  #drained: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  constructor(
    settings: ConnectionSettings,
    load: Load = new Load(),
    settlement: Settlement = new Settlement(() => undefined),
  ) {
    this.#settings = settings;
    this.load = load;
    this.#settlement = settlement;
  }

  /** How many connections are open, those in a TLS handshake included. */
  get size(): number {
    return this.#connections.size + this.#handshakes.size;
  }

  /** The open connections, at the moment of the iteration, without those in a TLS handshake. */
  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections[Symbol.iterator]();
  }

  /** Records a connection whose TLS handshake has begun. */
  openHandshake(socket: Socket): void {
    const peer = peerOf(socket);
    if (peer === undefined) return;
    this.#handshakes.set(peer, socket);
    socket.once("close", () => this.#removeHandshake(peer, socket));
    if (this.#idleGrace !== null) this.#cutHandshakes(this.#idleGrace);
  }

  /** Records a connection that can carry requests. */
  open(socket: Socket): Connection {
    const peer = this.#handshakes.size === 0 ? undefined : peerOf(socket);
    if (peer !== undefined) this.#handshakes.delete(peer);
    this.load.connections++;
    // Node then keeps the address, and request.ip has it after the connection is closed.
    if (this.#settlement.isUsed) void socket.remoteAddress;
    const connection = new Connection(socket, this.#settings, this.load, this.#settlement);
    this.#connections.add(connection);
    Reflect.set(socket, CONNECTION, connection);
    socket.on("close", () => {
      connection.closed();
      this.#connections.remove(connection);
      Reflect.set(socket, CONNECTION, undefined);
      this.load.connections--;
      this.#settle();
    });
    if (this.#idleGrace !== null) connection.drain(this.#idleGrace);
    return connection;
  }

  /** Returns the connection of a socket; `undefined` once it is closed. */
  get(socket: Socket): Connection | undefined {
    return isServed(socket) ? socket[CONNECTION] : undefined;
  }

  /** The requests of all connections that are not answered yet. */
  openRequests(): readonly PacketronRequest[] {
    if (this.load.inFlight === 0) return [];
    return [...this.#connections].flatMap((connection) => connection.openRequests);
  }

  /**
   * Closes each connection once it has been idle for `idleGrace`; resolves when all connections are closed. Further
   * calls keep the `idleGrace` of the first call; a call without `spreadMs` ends the spread of an earlier one.
   *
   * @param idleGrace In milliseconds.
   * @param spreadMs Over how many milliseconds the drains of the connections begin at most; one begins each
   *   millisecond, or more. Connections that are opened later drain at once.
   */
  drain(idleGrace: number, spreadMs = 0): Promise<void> {
    if (this.#drained === null) {
      this.#drained = withResolver();
      this.#idleGrace = idleGrace;
      this.#undrained = [...this.#connections];
      this.#cutHandshakes(idleGrace);
      this.#settle();
    }
    const total = this.#undrained.length;
    this.#drainDue({ idleGrace, total, startedAt: performance.now(), duration: Math.min(spreadMs, total) });
    return this.#drained.promise;
  }

  /** Cuts every connection at once. Returns what was cut; to be called after {@link drain}, which promotes requests. */
  destroy(): CutReport {
    const unanswered = [...this.#connections].map((connection) => connection.unanswered);
    const busy = unanswered.filter((requests) => requests.length > 0);
    const cut = { connections: this.size - busy.length, ...countRequests(busy.flat()) };
    for (const socket of this.#handshakes.values()) socket.destroy();
    for (const { socket } of this.#connections) socket.destroy();
    return cut;
  }

  /** Begins the drains that are due, and does so again after each interval until all have begun. */
  #drainDue(spread: DrainSpread): void {
    clearTimeout(this.#spreadTimer);
    const { idleGrace, total, startedAt, duration } = spread;
    const passed = duration < SPREAD_INTERVAL ? 1 : (performance.now() - startedAt) / duration;
    const left = Math.max(0, Math.floor(total * (1 - passed)));
    for (const connection of this.#undrained.splice(left))
      if (connection.position !== -1) connection.drain(idleGrace);
    if (left > 0) this.#spreadTimer = setTimeout(() => this.#drainDue(spread), SPREAD_INTERVAL);
  }

  #cutHandshakes(idleGrace: number): void {
    for (const [peer, socket] of this.#handshakes) {
      const timer = setTimeout(() => {
        if (this.#handshakes.get(peer) === socket) socket.destroy();
      }, idleGrace);
      socket.once("close", () => clearTimeout(timer));
    }
  }

  #removeHandshake(peer: string, socket: Socket): void {
    if (this.#handshakes.get(peer) === socket) this.#handshakes.delete(peer);
    this.#settle();
  }

  #settle(): void {
    if (this.size > 0 || this.#drained === null) return;
    clearTimeout(this.#spreadTimer);
    this.#drained.resolve();
  }
}

function isServed(socket: Socket): socket is ServedSocket {
  return CONNECTION in socket;
}

/** The peer's address and port. A TLS socket does not show the socket that it wraps, but both have the same peer. */
function peerOf(socket: Socket): string | undefined {
  const { remoteAddress, remotePort } = socket;
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
