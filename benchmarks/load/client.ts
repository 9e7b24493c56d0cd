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

/** A connection that has at most one request in flight. */
export class Client {
  readonly #port: number;
  readonly #requests: readonly Buffer[];
  readonly #socket: Socket;
  #turn = 0;

  /** `requests` are sent in turn, one at each call of `send()`. */
  constructor(port: number, requests: readonly Buffer[], status: number, events: ClientEvents) {
    this.#port = port;
    this.#requests = requests;
    const answers = new AnswerReader(status);
    const callback = (length: number): boolean => {
      for (let count = answers.read(memory.subarray(0, length)); count > 0; count--) events.answered(this);
      return true;
    };
    this.#socket = new Socket({ onread: { buffer: memory, callback } });
    this.#socket.on("error", () => {}); // "close" follows
    this.#socket.on("close", () => events.cut(this));
  }

  /** Begins to connect. Half of the cost of a connection is its object, which exists before. */
  connect(): void {
    this.#socket.connect({ port: this.#port, host: "127.0.0.1" });
  }

  /** Sends the next request. Before the connection is open, it waits for that. */
  send(): void {
    const request = this.#requests[this.#turn++ % this.#requests.length];
    if (request !== undefined) this.#socket.write(request);
  }
}

/** The bytes of a request. */
export function requestBytes({ method, path, headers = {}, body }: ScenarioRequest, port: number): Buffer {
  const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const fields = Object.entries({ Host: `127.0.0.1:${port}`, ...headers, ...length });
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`);
}
