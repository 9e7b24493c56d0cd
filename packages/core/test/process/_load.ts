/** Clients that send requests without a pause, on keep-alive connections and on a new connection for each request. */
import { Agent, request } from "node:http";

/** The outcome of one request. */
export interface Outcome {
  /** The version in the answer; `undefined` after an error. */
  readonly version: number | undefined;
  /** The error of the request; `undefined` after an answer. */
  readonly error: string | undefined;
  /** From the call to the answer or the error, in milliseconds. */
  readonly took: number;
  readonly status: number;
}

/** The amount of load. */
export interface LoadOptions {
  readonly path?: string;
  /** The number of clients that keep their connection. */
  readonly keeping?: number;
  /** The number of clients that open a connection for each request. */
  readonly changing?: number;
  /** The number of requests after which the load ends. */
  readonly most?: number;
}

/** Load on one port; the constructor starts it. */
export class Load {
  readonly outcomes: Outcome[] = [];
  /** Resolves when every client has ended. */
  readonly ended: Promise<unknown>;
  readonly #port: number;
  readonly #path: string;
  readonly #most: number;
  #begun = 0;
  #stopped = false;

  constructor(port: number, options: LoadOptions = {}) {
    const { path = "/slow/2", keeping = 8, changing = 4, most = Number.POSITIVE_INFINITY } = options;
    this.#port = port;
    this.#path = path;
    this.#most = most;
    const keepers = Array.from({ length: keeping }, () => this.#keep());
    const changers = Array.from({ length: changing }, () => this.#ask(false));
    this.ended = Promise.all([...keepers, ...changers]);
  }

  get failures(): Outcome[] {
    return this.outcomes.filter(({ error, status }) => error !== undefined || status !== 200);
  }

  /** The duration of the slowest request, in milliseconds. */
  get longest(): number {
    return this.outcomes.reduce((most, { took }) => Math.max(most, took), 0);
  }

  /** The versions in the answers. */
  get versions(): number[] {
    return [...new Set(this.outcomes.flatMap(({ version }) => version ?? []))].toSorted((a, b) => a - b);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.ended;
  }

  async #keep(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await this.#ask(agent);
    agent.destroy();
  }

  async #ask(agent: Agent | false): Promise<void> {
    while (!this.#stopped && this.#begun < this.#most) {
      this.#begun += 1;
      this.outcomes.push(await ask(this.#port, this.#path, agent));
    }
  }
}

/** How long a client waits for an answer, in milliseconds: much longer than the tests accept. */
const TIMEOUT_MS = 20_000;

/** Sends one request. Never rejects. */
export function ask(port: number, path: string, agent: Agent | false): Promise<Outcome> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const settle = (status: number, body: string, error?: Error & { code?: string }): void => {
      const took = performance.now() - begun;
      const version = status === 200 && body.startsWith("{") ? Number(JSON.parse(body).version) : undefined;
      resolve({
        status,
        version,
        took,
        error: error === undefined ? undefined : (error.code ?? error.message),
      });
    };
    const sent = request({ port, path, agent, host: "127.0.0.1" }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => settle(response.statusCode ?? 0, body));
      response.on("error", (error) => settle(0, "", error));
    });
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error("no answer")));
    sent.on("error", (error) => settle(0, "", error));
    sent.end();
  });
}
