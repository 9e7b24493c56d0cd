/**
 * Which worker gets a connection, and what becomes of it until the worker says that it has it.
 *
 * 1. A connection goes to a worker whose window has room: few may be on their way to one worker, so that one that
 *    is blocked holds up few. The others wait here, in order of arrival.
 * 2. Until the worker acknowledges it, the primary keeps its own copy of the socket. A worker that dies before that
 *    has not read a byte (it acknowledges before it reads), so another one gets the connection and the client
 *    notices nothing. `node:cluster` loses these.
 * 3. Afterwards the copy is released and the worker is on its own.
 * 4. A worker that has no descriptor left does not notice what is sent to it. When the worker has read everything up to
 *    a connection that it did not acknowledge, that one is lost there, and the next second belongs to other workers.
 *
 * With "sticky-ip" a client has one worker, its home, and waits for that one in a line of its own, so that a home that is
 * busy holds up nobody else. When the home goes, its line moves.
 */
import { chooseInTurn } from "./choose-in-turn.ts";
import { type Home, homeOf } from "./sticky.ts";

/** Connections on their way to one worker that it has not acknowledged. */
export const WINDOW = 8;

/** Connections that wait while no worker has room; the next one is closed. Bounds descriptors and memory. */
export const MOST_WAITING = 10_000;

/** How long a worker that has lost a connection gets none, in milliseconds. */
const REST = 1_000;

/** A worker as the dispatcher sees it. */
export interface Target<Connection> extends Home {
  /** Starts a connection on its way; the number comes back with the acknowledgement. */
  hand(number: number, connection: Connection): void;
}

/** What the dispatcher asks of its owner. */
export interface DispatcherOwner<Connection> {
  readonly distribution: "least-connections" | "round-robin" | "sticky-ip";
  /** How long a connection may wait for a worker, in milliseconds: its client must not hang while none can be started. */
  readonly patience: number;
  /** Whose connection it is, for "sticky-ip". */
  clientOf(connection: Connection): string;
  /** The worker has the connection: drop the primary's copy. */
  release(connection: Connection): void;
  /** Nobody will serve the connection: close it. */
  discard(connection: Connection): void;
}

/** Since when each connection waits, in the order in which they are served. */
type Line<Connection> = Map<Connection, number>;

interface Seat<Connection> extends Home {
  readonly target: Target<Connection>;
  /** Those who wait for this worker: everybody's line, or with "sticky-ip" its own. */
  readonly line: Line<Connection>;
  readonly travelling: Map<number, Connection>;
  /** Connections handed over, and the closed ones of them: the difference is the load. */
  handed: number;
  closed: number;
  retired: boolean;
  /** Whether it has just lost a connection. */
  resting: boolean;
}

/** Dispatches the connections of one server. */
export class Dispatcher<Connection> {
  readonly #owner: DispatcherOwner<Connection>;
  readonly #sticky: boolean;
  /** Everybody's line; with "sticky-ip", of those who come while there is no worker. */
  readonly #line: Line<Connection> = new Map();
  #seats: Seat<Connection>[] = [];
  #turn = 0;
  #numbers = 0;
  #closing = false;
  #expiry: NodeJS.Timeout | undefined;

  constructor(owner: DispatcherOwner<Connection>) {
    this.#owner = owner;
    this.#sticky = owner.distribution === "sticky-ip";
  }

  /** A connection arrived. */
  dispatch(connection: Connection): void {
    this.#place(connection, performance.now(), MOST_WAITING);
  }

  /** A worker is ready for connections. */
  add(target: Target<Connection>): void {
    const waiting = this.#takeWaiting();
    const line = this.#sticky ? new Map() : this.#line;
    const { slot } = target;
    const count = { handed: 0, closed: 0, retired: false, resting: false };
    this.#seats.push({ target, slot, line, travelling: new Map(), ...count });
    this.#placeAll(waiting);
  }

  /** A worker gets no more connections; it still acknowledges those on their way to it. */
  retire(target: Target<Connection>): void {
    const seat = this.#seatOf(target);
    if (seat === undefined) return;
    const waiting = this.#takeWaiting();
    seat.retired = true;
    this.#placeAll(waiting);
  }

  /** A worker is gone: what it has not acknowledged goes to the others, ahead of what waits. */
  remove(target: Target<Connection>): void {
    const gone = this.#seatOf(target);
    if (gone === undefined) return;
    const waiting = this.#takeWaiting();
    this.#seats = this.#seats.filter((seat) => seat !== gone);
    for (const connection of gone.travelling.values()) this.#place(connection, performance.now());
    this.#placeAll(waiting);
  }

  /** The worker has the connection; `closed` is how many it has closed so far. */
  acknowledge(target: Target<Connection>, number: number, closed: number): void {
    const seat = this.#seatOf(target);
    if (seat === undefined) return;
    seat.closed = closed;
    const connection = seat.travelling.get(number);
    if (connection === undefined) return;
    seat.travelling.delete(number);
    this.#owner.release(connection);
    this.#serve(seat);
  }

  /** The worker has read everything up to this connection: what it has not acknowledged by now, it never got. */
  passed(target: Target<Connection>, upTo: number): void {
    const seat = this.#seatOf(target);
    const lost = [...(seat?.travelling ?? [])].filter(([number]) => number <= upTo);
    if (seat === undefined || lost.length === 0) return;
    seat.handed -= lost.length;
    seat.resting = true;
    for (const [number] of lost) seat.travelling.delete(number);
    for (const [, connection] of lost) this.#place(connection, performance.now());
    setTimeout(() => {
      seat.resting = false;
      this.#serve(seat);
    }, REST).unref();
  }

  /** The worker has closed so many connections so far. */
  report(target: Target<Connection>, closed: number): void {
    const seat = this.#seatOf(target);
    if (seat !== undefined) seat.closed = closed;
  }

  /**
   * The server stops: what waits goes to the workers at once, whatever their windows say, so that it is on its way
   * before the message that makes them drain. From now on nothing waits; without a worker it is discarded.
   */
  close(): void {
    this.#closing = true;
    this.#placeAll(this.#takeWaiting());
  }

  /** Hands the connection over, or lets it wait, unless `most` wait already. */
  #place(connection: Connection, since: number, most = Number.POSITIVE_INFINITY): void {
    const seat = this.#sticky ? this.#homeOf(connection) : this.#choose();
    if (seat !== undefined && this.#hasRoom(seat)) return this.#hand(seat, connection);
    if (this.#closing || this.#countWaiting() >= most) return this.#owner.discard(connection);
    (seat?.line ?? this.#line).set(connection, since);
    this.#watchWaiting();
  }

  #placeAll(waiting: readonly (readonly [Connection, number])[]): void {
    for (const [connection, since] of waiting) this.#place(connection, since);
  }

  /** A worker may have room: for those who wait for it. */
  #serve(seat: Seat<Connection>): void {
    for (const connection of seat.line.keys()) {
      if (!this.#hasRoom(seat)) return;
      seat.line.delete(connection);
      this.#hand(seat, connection);
    }
  }

  #lines(): Set<Line<Connection>> {
    return new Set([this.#line, ...this.#seats.map((seat) => seat.line)]);
  }

  #countWaiting(): number {
    return [...this.#lines()].reduce((count, line) => count + line.size, 0);
  }

  /** Empties every line, because who serves whom changes. */
  #takeWaiting(): (readonly [Connection, number])[] {
    const lines = [...this.#lines()];
    const waiting = lines.flatMap((line) => [...line]);
    for (const line of lines) line.clear();
    return waiting;
  }

  /** Looks again when the one that has waited longest has waited enough. */
  #watchWaiting(): void {
    if (this.#expiry !== undefined) return;
    const times = [...this.#lines()].flatMap((line) => [...line.values()]);
    if (times.length === 0) return;
    const wait = Math.min(...times) + this.#owner.patience - performance.now();
    this.#expiry = setTimeout(() => this.#expire(), wait).unref();
  }

  #expire(): void {
    this.#expiry = undefined;
    const arrivedBy = performance.now() - this.#owner.patience;
    for (const line of this.#lines()) {
      for (const [connection, since] of line) {
        if (since > arrivedBy) continue;
        line.delete(connection);
        this.#owner.discard(connection);
      }
    }
    this.#watchWaiting();
  }

  #hand(seat: Seat<Connection>, connection: Connection): void {
    this.#numbers += 1;
    seat.handed += 1;
    seat.travelling.set(this.#numbers, connection);
    seat.target.hand(this.#numbers, connection);
  }

  #choose(): Seat<Connection> | undefined {
    const load = this.#owner.distribution === "round-robin" ? () => 0 : loadOf;
    const hasRoom = (seat: Seat<Connection>): boolean => this.#hasRoom(seat);
    const index = chooseInTurn(this.#seats, this.#turn, hasRoom, load);
    if (index !== undefined) this.#turn = index;
    return this.#seats[index ?? -1];
  }

  #homeOf(connection: Connection): Seat<Connection> | undefined {
    return homeOf(
      this.#owner.clientOf(connection),
      this.#seats.filter((seat) => !seat.retired),
    );
  }

  #hasRoom(seat: Seat<Connection>): boolean {
    return !seat.retired && !seat.resting && (this.#closing || seat.travelling.size < WINDOW);
  }

  #seatOf(target: Target<Connection>): Seat<Connection> | undefined {
    return this.#seats.find((seat) => seat.target === target);
  }
}

function loadOf(seat: Seat<unknown>): number {
  return seat.handed - seat.closed;
}
