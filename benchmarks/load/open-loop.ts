/** The pace of an open loop: requests are due at equal intervals, whether or not earlier ones have their answers. */

/** The latencies of an open loop, in milliseconds. */
export interface OpenLoopTimes {
  /** From the time at which each request was due to its answer; for one without an answer, to the end. */
  readonly latencies: Float64Array;
  /** From the time at which each request was due, and its connection free, to the time at which it was sent. */
  readonly delays: Float64Array;
}

/**
 * Request `n` is due `n / rate` after the start, on connection `n % connections`. A connection has one request in flight:
 * while it has, its next one waits, and the wait counts. Times are milliseconds since the start.
 */
export class OpenLoop {
  readonly #connections: number;
  readonly #interval: number;
  readonly #send: (connection: number) => void;
  readonly #latencies: Float64Array;
  readonly #delays: Float64Array;
  /** The next request of each connection, which is in flight or waits to be sent. */
  readonly #current: Float64Array;
  readonly #inFlight: Uint8Array;
  /** The number of requests that are due. */
  #due = 0;
  #answered = 0;

  /** @param send Sends a request on the connection. */
  constructor(rate: number, seconds: number, connections: number, send: (connection: number) => void) {
    this.#connections = connections;
    this.#interval = 1000 / rate;
    this.#send = send;
    const total = Math.floor(rate * seconds);
    this.#latencies = new Float64Array(total).fill(Number.NaN);
    this.#delays = new Float64Array(total);
    this.#current = Float64Array.from({ length: connections }, (_, connection) => connection);
    this.#inFlight = new Uint8Array(connections);
  }

  /** Whether every request has its answer. */
  get isComplete(): boolean {
    return this.#answered === this.#latencies.length;
  }

  /** Sends the requests that are due by now, on connections that are free. */
  advance(now: number): void {
    for (; this.#due < this.#latencies.length && this.#due * this.#interval <= now; this.#due++) {
      const connection = this.#due % this.#connections;
      if (this.#inFlight[connection] === 1) continue; // answered() sends it
      this.#delays[this.#due] = now - this.#due * this.#interval;
      this.#dispatch(connection);
    }
  }

  /** Takes the answer on a connection, and sends the request that has waited for it. */
  answered(connection: number, now: number): void {
    const request = this.#current[connection] ?? 0;
    this.#latencies[request] = now - request * this.#interval;
    this.#answered++;
    this.#current[connection] = request + this.#connections;
    this.#inFlight[connection] = 0;
    if (request + this.#connections < this.#due) this.#dispatch(connection);
  }

  /** The times; requests without an answer count until `end`. */
  timesAt(end: number): OpenLoopTimes {
    const latencies = this.#latencies.map((time, request) =>
      Number.isNaN(time) ? Math.max(0, end - request * this.#interval) : time,
    );
    return { latencies, delays: this.#delays };
  }

  #dispatch(connection: number): void {
    this.#inFlight[connection] = 1;
    this.#send(connection);
  }
}
