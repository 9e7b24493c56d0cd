/** The balancer's record of one worker: its load, and the connections on their way to it. */
import type { Home } from "./worker-choice.ts";

/** How many connections may be on their way to one worker, so that a blocked worker delays no more than these. */
export const WINDOW = 8;

/** A worker that gets connections. */
export interface ConnectionTarget<Connection> extends Home {
  /** Sends a connection to the worker, which uses the number to acknowledge the connection. */
  handOver(number: number, connection: Connection): void;
}

/** A connection on its way to a worker. */
interface Transit<Connection> {
  readonly number: number;
  readonly connection: Connection;
}

/** Counts the connections that the primary has handed to a worker, and those that the worker has closed. */
export class WorkerSlot<Connection> implements Home {
  readonly target: ConnectionTarget<Connection>;
  /** Whether the worker gets no more connections. */
  retired = false;
  /** Whether the worker gets no connections for a while, because it has lost a connection. */
  resting = false;
  /** How many connections the worker has closed so far. */
  closed = 0;
  #handedOver = 0;
  /** Oldest first. Not a Map: see `live-list.ts`. */
  readonly #inTransit: Transit<Connection>[] = [];

  constructor(target: ConnectionTarget<Connection>) {
    this.target = target;
  }

  get slot(): number {
    return this.target.slot;
  }

  /** How many connections the worker has open or is about to get. */
  get load(): number {
    return this.#handedOver - this.closed;
  }

  /** The connections that the worker has not acknowledged yet, oldest first. */
  get inTransit(): Connection[] {
    return this.#inTransit.map(({ connection }) => connection);
  }

  /**
   * Whether the worker may get a connection now; `unlimited` ignores the window, the limit of connections on their way.
   */
  hasRoom(unlimited: boolean): boolean {
    return !this.retired && !this.resting && (unlimited || this.#inTransit.length < WINDOW);
  }

  handOver(number: number, connection: Connection): void {
    this.#handedOver += 1;
    this.#inTransit.push({ number, connection });
    this.target.handOver(number, connection);
  }

  /**
   * Records that a connection has arrived at the worker. Returns the connection on the first call with its number, else
   * `undefined`.
   */
  acknowledge(number: number): Connection | undefined {
    const index = this.#inTransit.findIndex((transit) => transit.number === number);
    return index === -1 ? undefined : this.#inTransit.splice(index, 1)[0]?.connection;
  }

  /** Removes and returns the unacknowledged connections up to this number, because the worker has lost them. */
  takeLost(upTo: number): Connection[] {
    const firstLater = this.#inTransit.findIndex(({ number }) => number > upTo);
    const lost = this.#inTransit.splice(0, firstLater === -1 ? this.#inTransit.length : firstLater);
    this.#handedOver -= lost.length;
    return lost.map(({ connection }) => connection);
  }
}
