/** A raw client for tests about bytes: sends malformed requests, and parses answers strictly. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ReceivedBytes } from "./_received.ts";
import { parseResponses, type RawResponse } from "./_responses.ts";

export { field, parseResponses, type RawResponse } from "./_responses.ts";

/** The target and the options of a connection. */
export interface RawTarget {
  readonly port: number;
  readonly tls?: boolean;
  /** Whether the client's side stays open when the server closes its side. */
  readonly allowHalfOpen?: boolean;
}

/** The limit of every wait, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** One client connection. */
export class RawClient {
  readonly socket: Socket;
  /** Whether the server has closed the connection: by FIN or reset, or because it was destroyed. */
  closed = false;
  /** The error that ended the connection, such as ECONNRESET. */
  error: Error | null = null;
  readonly #received = new ReceivedBytes();
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received.append(chunk);
      this.#wake();
    });
    socket.on("error", (error) => {
      this.error = error;
    });
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.closed = true;
        this.#wake();
      });
    }
  }

  /** All received bytes, or those that follow what a test has set. */
  get received(): Buffer {
    return this.#received.all;
  }

  set received(bytes: Buffer) {
    this.#received.replace(bytes);
  }

  /** Connects to 127.0.0.1. */
  static async connect({ port, tls = false, allowHalfOpen = false }: RawTarget): Promise<RawClient> {
    const address = { host: "127.0.0.1", port, allowHalfOpen };
    const socket = tls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address);
    socket.setNoDelay(true);
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? "secureConnect" : "connect", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  /** Sends text (as Latin-1, so one character is one byte) or bytes. */
  send(data: string | Uint8Array): this {
    if (this.socket.writable)
      this.socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
    return this;
  }

  /** Waits until `condition` holds for the received bytes, or the server has closed the connection. */
  async until(condition: (client: RawClient) => boolean): Promise<this> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Error(`no answer in ${TIMEOUT_MS} ms; got ${this.received.toString("latin1").slice(0, 500)}`),
          ),
        TIMEOUT_MS,
      );
    });
    try {
      while (!this.closed && !condition(this)) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, timeout]);
      }
    } finally {
      clearTimeout(timer);
    }
    return this;
  }

  /** The responses once there are `count` of them, or once the server has closed. */
  async responses(count: number, methods: readonly string[] = []): Promise<RawResponse[]> {
    await this.until(() => parseResponses(this.received, methods).responses.length >= count);
    return parseResponses(this.received, methods, this.closed).responses;
  }

  /** All responses after the server has closed. Throws when the last response is incomplete. */
  async untilClose(methods: readonly string[] = []): Promise<RawResponse[]> {
    await this.until(() => false);
    const { responses, rest } = parseResponses(this.received, methods, true);
    if (rest > 0)
      throw new Error(
        `${rest} bytes are no response: ${this.received.subarray(-rest).toString("latin1").slice(0, 500)}`,
      );
    return responses;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Sends bytes on a new connection, and returns the responses received until the server has closed. */
export async function exchange(
  target: RawTarget,
  data: string | Uint8Array,
  methods: readonly string[] = [],
): Promise<RawResponse[]> {
  const client = await RawClient.connect(target);
  try {
    return await client.send(data).untilClose(methods);
  } finally {
    client.destroy();
  }
}

/** Sends bytes on a new connection, and returns the first response without waiting for the end. */
export async function ask(
  target: RawTarget,
  data: string | Uint8Array,
  method = "GET",
): Promise<RawResponse> {
  const client = await RawClient.connect(target);
  try {
    const [first] = await client.send(data).responses(1, [method]);
    if (first === undefined)
      throw new Error(`the server closed without an answer: ${client.error?.message ?? "FIN"}`);
    return first;
  } finally {
    client.destroy();
  }
}
