/** The client of a row: sends raw bytes, collects answers, and records how the connection ended. */
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ReceivedBytes } from "../_received.ts";
import { parseResponses, type RawResponse } from "../_responses.ts";
import type { Site } from "./_site.ts";

/** An answer as it is compared: without the order of header lines and the time in `Date`. */
export interface ComparedAnswer {
  readonly line: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** Everything that a client has received, and the end of its connection. */
export interface Outcome {
  readonly answers: readonly ComparedAnswer[];
  /** Received bytes that are not a complete answer. */
  readonly rest: string;
  /**
   * How the connection ended: the server closed it (`fin`, `reset`), it is still open (`open`), or the client left
   * (`left`).
   */
  readonly end: string;
}

/** The limit of every wait, in milliseconds. */
const TIMEOUT_MS = 9_000;

const PROBE = "GET /probe HTTP/1.1\r\nHost: x\r\n\r\n";

/** One client connection of a row. */
export class Client {
  readonly socket: Socket;
  readonly #site: Site;
  readonly #tls: boolean;
  #sent = 0;
  #text = "";
  readonly #received = new ReceivedBytes();
  #end: "fin" | "reset" | null = null;
  #left = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket, site: Site, tls: boolean) {
    this.socket = socket;
    this.#site = site;
    this.#tls = tls;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#received.append(chunk);
      this.#wake();
    });
    socket.on("error", () => this.#ended("reset"));
    socket.on("end", () => this.#ended("fin"));
    socket.on("close", () => this.#ended("fin"));
  }

  static async connect(site: Site, tls = false): Promise<Client> {
    const address = { host: "127.0.0.1", port: site.port, allowHalfOpen: true };
    const socket = tls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address);
    const client = new Client(socket, site, tls);
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? "secureConnect" : "connect", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  /** Opens a second connection to the same server. The caller must end it. */
  another(): Promise<Client> {
    return Client.connect(this.#site, this.#tls);
  }

  /** Bytes received so far. */
  get size(): number {
    return this.#received.size;
  }

  /** Sends text, one byte for each character, in one write. */
  send(text: string): this {
    if (this.socket.writable) this.socket.write(text, "latin1");
    this.#text += text;
    this.#sent += text.length;
    return this;
  }

  /** Sends text in pieces; each is read by the server before the next is sent. */
  async sendIn(pieces: readonly string[]): Promise<this> {
    for (const piece of pieces) await this.send(piece).taken();
    return this;
  }

  /** Waits until the server has read the sent bytes, and has attached the row's listeners. */
  async taken(): Promise<this> {
    // On a TLS connection, the server counts the encrypted bytes.
    if (this.#tls) await turns(5);
    else if (this.#end === null) await this.#site.received(this.socket.localPort ?? 0, this.#sent);
    await this.#site.watched();
    return this;
  }

  /** Waits for a number of final answers, or for the end. */
  answers(count: number): Promise<this> {
    return this.until(() => this.#parse().responses.filter(({ status }) => status >= 200).length >= count);
  }

  /** Waits for a number of bytes, or for the end. */
  bytes(count: number): Promise<this> {
    return this.until(() => this.#received.size >= count);
  }

  /** Waits for a text in the received bytes, or for the end. */
  sees(text: string): Promise<this> {
    return this.until(() => this.#received.all.includes(text, 0, "latin1"));
  }

  /** Waits until the server has closed. */
  closed(): Promise<this> {
    return this.until(() => false);
  }

  /** Waits for a condition, or the end. */
  async until(condition: () => boolean): Promise<this> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const got = this.#received.all.toString("latin1").slice(0, 300);
        reject(new Error(`the wait took more than ${TIMEOUT_MS} ms; got ${JSON.stringify(got)}`));
      }, TIMEOUT_MS);
    });
    try {
      while (this.#end === null && !condition()) {
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

  /** Closes the client's half. */
  fin(): this {
    this.socket.end();
    return this;
  }

  /** Ends the connection without waiting for answers: by FIN or by a reset. */
  async leave(how: "fin" | "reset" = "fin"): Promise<void> {
    await this.taken();
    this.#left = true;
    if (how === "reset") this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /** Checks whether the connection still works, ends it, and returns everything received. */
  async finish(closes = false): Promise<Outcome> {
    if (
      !this.#left &&
      this.#end === null &&
      !closes &&
      this.socket.writable &&
      !isClosing(this.#parse().responses)
    ) {
      const finals = this.#parse().responses.filter(({ status }) => status >= 200).length;
      await this.send(PROBE).answers(finals + 1);
    } else if (!this.#left) {
      await this.closed();
    }
    const end = this.#left ? "left" : (this.#end ?? "open");
    // This closes the connection for a server that has ended its half.
    await this.#site.watched();
    this.socket.destroy();
    return { ...this.#compared(), end };
  }

  #ended(how: "fin" | "reset"): void {
    this.#end ??= how;
    this.#wake();
  }

  #parse(): { responses: RawResponse[]; rest: number } {
    return parseResponses(this.#received.all, methodsOf(this.#text), this.#end !== null);
  }

  /** The answers in a comparable form. Bytes that cannot be parsed are compared as they are. */
  #compared(): Pick<Outcome, "answers" | "rest"> {
    const received = this.#received.all;
    try {
      const { responses, rest } = this.#parse();
      return {
        answers: responses.map(toCompared),
        rest: received
          .subarray(received.length - rest)
          .toString("latin1")
          .replace(/\r\nDate: [^\r]*/g, "\r\nDate: now"),
      };
    } catch {
      return { answers: [], rest: received.toString("latin1").replace(/\r\nDate: [^\r]*/g, "\r\nDate: now") };
    }
  }
}

/** The methods of the requests in a text, in order, because an answer to HEAD has no body. */
function methodsOf(text: string): string[] {
  return [...text.matchAll(/([A-Z]+) \S+ HTTP\/1/g)].map(([, method = ""]) => method);
}

const HTTP_DATE = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;

function toCompared({ version, status, reason, headers, body }: RawResponse): ComparedAnswer {
  const lines = [...headers].map(([name, values]) =>
    name === "date" && values.length === 1 && HTTP_DATE.test(values[0] ?? "")
      ? "date: now"
      : `${name}: ${values.join(" | ")}`,
  );
  const sample =
    body.length > 2_000
      ? `${body.length} bytes, ${createHash("sha256").update(body).digest("hex")}`
      : body.toString("latin1");
  return { line: `HTTP/${version} ${status} ${reason}`, headers: lines.toSorted(), body: sample };
}

function isClosing(responses: readonly RawResponse[]): boolean {
  const last = responses.at(-1);
  return last !== undefined && /close/i.test(last.headers.get("connection")?.join() ?? "");
}

async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
