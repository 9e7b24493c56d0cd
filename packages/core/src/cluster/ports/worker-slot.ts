/** One worker as the balancer sees it: the connections on their way to it, and its load. */
import type { Home } from "./worker-choice.ts";

/** Connections that may be on their way to one worker, so that a blocked worker holds up few. */
export const WINDOW = 8;

/** A worker that gets connections. */
export interface ConnectionTarget<Connection> extends Home {
  /** Sends a connection to the worker, which acknowledges it by the number. */
  handOver(number: number, connection: Connection): void;
}

/** Counts what was handed to a worker and what it has acknowledged and closed. */
export class WorkerSlot<Connection> implements Home {
  readonly target: ConnectionTarget<Connection>;
  /** Whether the worker gets no more connections. */
  retired = false;
  /** Whether the worker has just lost a connection. */
  resting = false;
  /** Connections that the worker has closed so far. */
  closed = 0;
  #handedOver = 0;
  readonly #inTransit = new Map<number, Connection>();

  constructor(target: ConnectionTarget<Connection>) {
    this.target = target;
  }

  get slot(): number {
    return this.target.slot;
  }

  /** Connections that the worker has open or is about to get. */
  get load(): number {
    return this.#handedOver - this.closed;
  }

  /** Connections on their way, oldest first. */
  get inTransit(): Connection[] {
    return [...this.#inTransit.values()];
  }

  /** Whether the worker may get a connection now. */
  hasRoom(unlimited: boolean): boolean {
    return !this.retired && !this.resting && (unlimited || this.#inTransit.size < WINDOW);
  }

  handOver(number: number, connection: Connection): void {
    this.#handedOver += 1;
    this.#inTransit.set(number, connection);
    this.target.handOver(number, connection);
  }

  /** The connection has arrived; gives it the first time. */
  acknowledge(number: number): Connection | undefined {
    const connection = this.#inTransit.get(number);
    this.#inTransit.delete(number);
    return connection;
  }

  /** Removes and gives the connections up to this number: the worker has not noticed them. */
  takeLost(upTo: number): Connection[] {
    const lost = [...this.#inTransit].filter(([number]) => number <= upTo);
    for (const [number] of lost) this.#inTransit.delete(number);
    this.#handedOver -= lost.length;
    return lost.map(([, connection]) => connection);
  }
}
