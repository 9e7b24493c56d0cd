/** A client on a raw socket: Node's HTTP client needs more CPU for a request than the measured servers. */
import { Socket } from "node:net";
import type { ScenarioRequest } from "../scenarios/scenario.ts";
import { AnswerReader } from "./answers.ts";

/** What a client does at its events. */
export interface ClientEvents {
  /** An answer is complete. */
  answered(client: Client): void;
  /** The server has closed the connection, or it has failed. */
  cut(client: Client): void;
}

// All clients read into the same memory: the callback has used the bytes when it returns.
const memory = Buffer.allocUnsafe(64 * 1024);

/** What a client sends, and the answers that it expects. */
export interface ClientOrder {
  readonly port: number;
  /** The requests, which are sent in turn, one at each call of `send()`. */
  readonly requests: readonly Buffer[];
  /** The status that every answer must have. */
  readonly status: number;
  /** Whether the server closes the connection after each answer, and each request needs another one. */
  readonly closes?: boolean;
}

/** A connection that has at most one request in flight. */
export class Client {
  readonly #order: ClientOrder;
  readonly #events: ClientEvents;
  #socket: Socket;
  #turn = 0;

  constructor(order: ClientOrder, events: ClientEvents) {
    this.#order = order;
    this.#events = events;
    this.#socket = this.#makeSocket();
  }

  /** Begins to connect. Half of the cost of a connection is its object, which exists before. */
  connect(): void {
    this.#socket.connect({ port: this.#order.port, host: "127.0.0.1" });
  }

  /** Sends the next request. Before the connection is open, it waits for that. */
  send(): void {
    const { requests, closes } = this.#order;
    if (closes === true && this.#turn > 0) {
      this.#socket = this.#makeSocket();
      this.connect();
    }
    const request = requests[this.#turn++ % requests.length];
    if (request !== undefined) this.#socket.write(request);
  }

  #makeSocket(): Socket {
    const { status, closes } = this.#order;
    const answers = new AnswerReader(status);
    const callback = (length: number): boolean => {
      const count = answers.read(memory.subarray(0, length));
      for (let left = count; left > 0; left--) this.#events.answered(this);
      return true;
    };
    const socket = new Socket({ onread: { buffer: memory, callback } });
    socket.on("error", () => {}); // "close" follows
    if (closes !== true) socket.on("close", () => this.#events.cut(this));
    return socket;
  }
}

/** The bytes of a request. */
export function requestBytes({ method, path, headers = {}, body }: ScenarioRequest, port: number): Buffer {
  const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const fields = Object.entries({ Host: `127.0.0.1:${port}`, ...headers, ...length });
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`);
}
