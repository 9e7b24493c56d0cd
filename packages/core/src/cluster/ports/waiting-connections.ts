/** Connections that wait for a worker, each for a limited time. */

/** Queues of waiting connections. Each queue has a key, which the caller chooses, and keeps the order of arrival. */
export class WaitingConnections<Key, Connection> {
  readonly #timeoutMs: number;
  readonly #onTimeout: (connection: Connection) => void;
  /** The connections of each queue, with the time at which each began to wait. */
  readonly #queues = new Map<Key, Map<Connection, number>>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onTimeout Called with a connection that has waited for `timeoutMs`, after its removal from the queue. */
  constructor(timeoutMs: number, onTimeout: (connection: Connection) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
  }

  /** How many connections wait in all queues together. */
  get size(): number {
    let size = 0;
    for (const queue of this.#queues.values()) size += queue.size;
    return size;
  }

  /** Appends a connection to a queue. `since` is when it began to wait, in the milliseconds of `performance.now()`. */
  add(key: Key, connection: Connection, since: number): void {
    const queue = this.#queues.get(key) ?? new Map<Connection, number>();
    this.#queues.set(key, queue.set(connection, since));
    this.#startTimer();
  }

  /** Iterates over the connections of a queue, oldest first. Each step removes its connection from the queue. */
  *take(key: Key): Generator<Connection> {
    const queue = this.#queues.get(key);
    for (const connection of queue?.keys() ?? []) {
      queue?.delete(connection);
      yield connection;
    }
  }

  /** Empties every queue. Returns the connections, each with the time at which it began to wait. */
  takeAll(): (readonly [Connection, number])[] {
    const all = [...this.#queues.values()].flatMap((queue) => [...queue]);
    this.#queues.clear();
    return all;
  }

  /** Starts a timer that fires when the connection that has waited longest reaches the time limit. */
  #startTimer(): void {
    if (this.#timer !== undefined) return;
    const times = [...this.#queues.values()].flatMap((queue) => [...queue.values()]);
    if (times.length === 0) return;
    const wait = Math.min(...times) + this.#timeoutMs - performance.now();
    this.#timer = setTimeout(() => this.#expire(), wait).unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const arrivedBy = performance.now() - this.#timeoutMs;
    for (const queue of this.#queues.values()) {
      for (const [connection, since] of queue) {
        if (since > arrivedBy) continue;
        queue.delete(connection);
        this.#onTimeout(connection);
      }
    }
    this.#startTimer();
  }
}
