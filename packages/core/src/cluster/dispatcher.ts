/**
 * Which worker gets a connection, and what becomes of it until the worker says that it has it.
 *
 * 1. A connection goes to a worker whose window has room: few may be on their way to one worker, so that one that
 *    is blocked holds up few. The others wait here, in order of arrival.
 * 2. Until the worker acknowledges it, the primary keeps its own copy of the socket. A worker that dies before that
 *    has not read a byte (it acknowledges before it reads), so another one gets the connection and the client
 *    notices nothing. `node:cluster` loses these.
 * 3. Afterwards the copy is released and the worker is on its own.
 */

/** Connections on their way to one worker that it has not acknowledged. */
export const WINDOW = 8;

/** Connections that wait while no worker has room; the next one is closed. Bounds descriptors and memory. */
export const MOST_WAITING = 10_000;

/** A worker as the dispatcher sees it. */
export interface Target<Connection> {
  /** Starts a connection on its way; the number comes back with the acknowledgement. */
  hand(number: number, connection: Connection): void;
}

/** What the dispatcher asks of its owner. */
export interface DispatcherOwner<Connection> {
  readonly distribution: "least-connections" | "round-robin";
  /** How long a connection may wait for a worker, in milliseconds: its client must not hang while none can be started. */
  readonly patience: number;
  /** The worker has the connection: drop the primary's copy. */
  release(connection: Connection): void;
  /** Nobody will serve the connection: close it. */
  discard(connection: Connection): void;
}

interface Seat<Connection> {
  readonly target: Target<Connection>;
  readonly travelling: Map<number, Connection>;
  /** Connections handed over, and the closed ones of them: the difference is the load. */
  handed: number;
  closed: number;
  retired: boolean;
}

/** Dispatches the connections of one server. */
export class Dispatcher<Connection> {
  readonly #owner: DispatcherOwner<Connection>;
  /** Since when each waits, in the order in which they are served. */
  readonly #waiting = new Map<Connection, number>();
  #seats: Seat<Connection>[] = [];
  #turn = 0;
  #numbers = 0;
  #closing = false;
  #expiry: NodeJS.Timeout | undefined;

  constructor(owner: DispatcherOwner<Connection>) {
    this.#owner = owner;
  }

  /** A connection arrived. */
  dispatch(connection: Connection): void {
    if (this.#waiting.size >= MOST_WAITING) {
      this.#owner.discard(connection);
      return;
    }
    this.#waiting.set(connection, performance.now());
    this.#serveWaiting();
  }

  /** A worker is ready for connections. */
  add(target: Target<Connection>): void {
    this.#seats.push({ target, travelling: new Map(), handed: 0, closed: 0, retired: false });
    this.#serveWaiting();
  }

  /** A worker gets no more connections; it still acknowledges those on their way to it. */
  retire(target: Target<Connection>): void {
    const seat = this.#seatOf(target);
    if (seat !== undefined) seat.retired = true;
  }

  /** A worker is gone: what it has not acknowledged goes to the others, ahead of what waits. */
  remove(target: Target<Connection>): void {
    const gone = this.#seatOf(target);
    if (gone === undefined) return;
    this.#seats = this.#seats.filter((seat) => seat !== gone);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const connection of gone.travelling.values()) this.#waiting.set(connection, performance.now());
    for (const [connection, since] of waiting) this.#waiting.set(connection, since);
    this.#serveWaiting();
  }

  /** The worker has the connection; `closed` is how many it has closed so far. */
  acknowledge(target: Target<Connection>, number: number, closed: number): void {
    const seat = this.#seatOf(target);
    const connection = seat?.travelling.get(number);
    if (seat === undefined || connection === undefined) return;
    seat.travelling.delete(number);
    seat.closed = closed;
    this.#owner.release(connection);
    this.#serveWaiting();
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
    this.#serveWaiting();
  }

  #serveWaiting(): void {
    for (const connection of this.#waiting.keys()) {
      const seat = this.#choose();
      if (seat === undefined && !this.#closing) return this.#watchWaiting();
      this.#waiting.delete(connection);
      if (seat === undefined) this.#owner.discard(connection);
      else this.#hand(seat, connection);
    }
  }

  /** Looks again when the one that has waited longest has waited enough. */
  #watchWaiting(): void {
    if (this.#expiry !== undefined || this.#waiting.size === 0) return;
    const first = Math.min(...this.#waiting.values()) + this.#owner.patience;
    this.#expiry = setTimeout(() => this.#expire(), first - performance.now()).unref();
  }

  #expire(): void {
    this.#expiry = undefined;
    const arrivedBy = performance.now() - this.#owner.patience;
    for (const [connection, since] of this.#waiting) {
      if (since > arrivedBy) continue;
      this.#waiting.delete(connection);
      this.#owner.discard(connection);
    }
    this.#watchWaiting();
  }

  #hand(seat: Seat<Connection>, connection: Connection): void {
    this.#numbers += 1;
    seat.handed += 1;
    seat.travelling.set(this.#numbers, connection);
    seat.target.hand(this.#numbers, connection);
  }

  /** Starts one behind the last choice, so that ties rotate; round robin takes the first with room from there. */
  #choose(): Seat<Connection> | undefined {
    const seats = this.#seats;
    let best: Seat<Connection> | undefined;
    let turn = this.#turn;
    for (let step = 1; step <= seats.length; step += 1) {
      const index = (this.#turn + step) % seats.length;
      const seat = seats[index];
      if (seat === undefined || !this.#hasRoom(seat)) continue;
      if (best !== undefined && loadOf(seat) >= loadOf(best)) continue;
      best = seat;
      turn = index;
      if (this.#owner.distribution === "round-robin") break;
    }
    this.#turn = turn;
    return best;
  }

  #hasRoom(seat: Seat<Connection>): boolean {
    return !seat.retired && (this.#closing || seat.travelling.size < WINDOW);
  }

  #seatOf(target: Target<Connection>): Seat<Connection> | undefined {
    return this.#seats.find((seat) => seat.target === target);
  }
}

function loadOf(seat: Seat<unknown>): number {
  return seat.handed - seat.closed;
}
