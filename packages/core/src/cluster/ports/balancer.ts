/**
 * Chooses a worker for each connection. The primary owns the connection until the worker acknowledges it.
 *
 * 1. A connection goes to a worker whose window has room. The window limits the connections on their way to one worker,
 *    so that a blocked worker holds up few. Further connections wait in the primary, in order of arrival.
 * 2. Until the worker acknowledges a connection, the primary keeps its own copy of the socket. The worker acknowledges
 *    before it reads, so a worker that exits earlier has not read a byte. Another worker gets the connection, and the
 *    client notices nothing. `node:cluster` loses such connections.
 * 3. After the acknowledgement the primary closes its copy, and the worker alone owns the connection.
 * 4. A worker without a free file descriptor does not notice the connections that are sent to it. The primary probes:
 *    a connection is lost if the worker has read past it without acknowledging it. The worker that lost it gets no
 *    connection for a second, so another worker gets the lost connection. With "sticky-ip" the connection waits for its
 *    home, even if the home lost it.
 *
 * With "sticky-ip" each client has one worker as its home. Connections wait for each home in a separate queue, so a
 * busy home holds up no clients of other homes. When the home drains or exits, its queue moves to
 * other workers.
 */
import { WaitingConnections } from "./waiting-connections.ts";
import { chooseLeastLoaded, homeOf } from "./worker-choice.ts";
import { type ConnectionTarget, WorkerSlot } from "./worker-slot.ts";

/**
 * How many connections may wait for a worker. Further connections are discarded, which bounds file descriptors and
 * memory.
 */
export const MAX_QUEUED = 10_000;

/** How long a worker that has lost a connection gets no new connections, in milliseconds. */
const REST_TIME = 1_000;

/** The rule by which the balancer chooses a worker. */
export type BalancerRule = "least-connections" | "round-robin" | "sticky-ip";

/** What the balancer needs of the port that owns the connections. */
export interface ConnectionOwner<Connection> {
  /**
   * Returns what identifies the client of a connection for "sticky-ip": its IPv4 address, or the first 64 bits of its
   * IPv6 address.
   */
  clientOf(connection: Connection): string;
  /** Closes the primary's copy of a connection that a worker owns now. */
  release(connection: Connection): void;
  /** Closes a connection that no worker will serve. */
  discard(connection: Connection): void;
}

/** Distributes the connections of one server over its workers. */
export class Balancer<Connection> {
  readonly #owner: ConnectionOwner<Connection>;
  readonly #rule: BalancerRule;
  /** The waiting connections by the slot (worker) that they wait for; `undefined` as slot means any worker. */
  readonly #waiting: WaitingConnections<WorkerSlot<Connection> | undefined, Connection>;
  #slots: WorkerSlot<Connection>[] = [];
  #lastIndex = 0;
  #lastNumber = 0;
  #closing = false;

  /** @param timeoutMs How long a connection may wait: a client must not hang while the primary cannot start workers. */
  constructor(owner: ConnectionOwner<Connection>, rule: BalancerRule, timeoutMs: number) {
    this.#owner = owner;
    this.#rule = rule;
    this.#waiting = new WaitingConnections(timeoutMs, (connection) => owner.discard(connection));
  }

  /** How many connections wait for a worker. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Hands a new connection to a worker, or lets the connection wait until a worker has room. */
  assign(connection: Connection): void {
    this.#place(connection, performance.now(), MAX_QUEUED);
  }

  /** Adds a worker that is ready for connections. */
  add(target: ConnectionTarget<Connection>): void {
    const waiting = this.#waiting.takeAll();
    this.#slots.push(new WorkerSlot(target));
    this.#placeAll(waiting);
  }

  /** Gives a worker no more connections. The worker still acknowledges the connections that were sent to it before. */
  retire(target: ConnectionTarget<Connection>): void {
    const slot = this.#slotOf(target);
    if (slot === undefined) return;
    const waiting = this.#waiting.takeAll();
    slot.retired = true;
    this.#placeAll(waiting);
  }

  /**
   * Removes a worker that has drained or exited. Other workers get the connections that it had not acknowledged, before
   * the connections that wait in the queue.
   */
  remove(target: ConnectionTarget<Connection>): void {
    const removed = this.#slotOf(target);
    if (removed === undefined) return;
    const waiting = this.#waiting.takeAll();
    this.#slots = this.#slots.filter((slot) => slot !== removed);
    for (const connection of removed.inTransit) this.#place(connection, performance.now());
    this.#placeAll(waiting);
  }

  /** Records that the worker owns the connection, and how many connections it has closed so far. */
  acknowledge(target: ConnectionTarget<Connection>, number: number, closed: number): void {
    const slot = this.#slotOf(target);
    if (slot === undefined) return;
    slot.closed = closed;
    const connection = slot.acknowledge(number);
    if (connection === undefined) return;
    this.#owner.release(connection);
    this.#serveWaiting(slot);
  }

  /**
   * Records that the worker has read every message up to connection `upTo`. Any connection up to this number that the
   * worker has not acknowledged is lost. The balancer places it again, and this worker gets no connection for a second.
   */
  probed(target: ConnectionTarget<Connection>, upTo: number): void {
    const slot = this.#slotOf(target);
    const lost = slot?.takeLost(upTo) ?? [];
    if (slot === undefined || lost.length === 0) return;
    slot.resting = true;
    for (const connection of lost) this.#place(connection, performance.now());
    setTimeout(() => {
      slot.resting = false;
      this.#serveWaiting(slot);
    }, REST_TIME).unref();
  }

  /** Records how many connections of this server the worker has closed so far. */
  reportClosed(target: ConnectionTarget<Connection>, closed: number): void {
    const slot = this.#slotOf(target);
    if (slot !== undefined) slot.closed = closed;
  }

  /**
   * Hands every waiting connection over at once, even to workers whose windows have no room: the primary must send the
   * connections before it orders the workers to drain. After this call a connection that no worker can take is
   * discarded.
   */
  close(): void {
    this.#closing = true;
    this.#placeAll(this.#waiting.takeAll());
  }

  /**
   * Hands the connection over to a worker, or queues it if no worker has room. Discards the connection if `maxQueued`
   * connections are queued.
   */
  #place(connection: Connection, since: number, maxQueued = Number.POSITIVE_INFINITY): void {
    const slot = this.#choose(connection);
    if (slot?.hasRoom(this.#closing) === true) return this.#handOver(slot, connection);
    if (this.#closing || this.#waiting.size >= maxQueued) return this.#owner.discard(connection);
    this.#waiting.add(this.#queueOf(slot), connection, since);
  }

  #placeAll(waiting: readonly (readonly [Connection, number])[]): void {
    for (const [connection, since] of waiting) this.#place(connection, since);
  }

  /** Hands over the connections that wait for this worker, or for any worker, while this worker has room. */
  #serveWaiting(slot: WorkerSlot<Connection>): void {
    if (!slot.hasRoom(this.#closing)) return;
    for (const connection of this.#waiting.take(this.#queueOf(slot))) {
      this.#handOver(slot, connection);
      if (!slot.hasRoom(this.#closing)) return;
    }
  }

  #handOver(slot: WorkerSlot<Connection>, connection: Connection): void {
    this.#lastNumber += 1;
    slot.handOver(this.#lastNumber, connection);
  }

  #choose(connection: Connection): WorkerSlot<Connection> | undefined {
    if (this.#rule === "sticky-ip") {
      const candidates = this.#slots.filter((slot) => !slot.retired);
      return homeOf(this.#owner.clientOf(connection), candidates);
    }
    const index = chooseLeastLoaded(
      this.#slots,
      this.#lastIndex,
      (slot) => slot.hasRoom(this.#closing),
      this.#rule === "round-robin" ? () => 0 : (slot) => slot.load,
    );
    if (index === undefined) return undefined;
    this.#lastIndex = index;
    return this.#slots[index];
  }

  #queueOf(slot: WorkerSlot<Connection> | undefined): WorkerSlot<Connection> | undefined {
    return this.#rule === "sticky-ip" ? slot : undefined;
  }

  #slotOf(target: ConnectionTarget<Connection>): WorkerSlot<Connection> | undefined {
    return this.#slots.find((slot) => slot.target === target);
  }
}
