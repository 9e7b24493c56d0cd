/** Clients that ask without a pause, on connections that stay and on connections for one request. */
import { Agent, request } from "node:http";

/** How one request went. */
export interface Outcome {
  /** What it answered, or `undefined`. */
  readonly version: number | undefined;
  /** What went wrong, or `undefined`. */
  readonly error: string | undefined;
  /** From the call to the answer or the error, in milliseconds. */
  readonly took: number;
  readonly status: number;
}

/** How much there is to do. */
export interface LoadOptions {
  readonly path?: string;
  /** Clients with a connection that they keep. */
  readonly keeping?: number;
  /** Clients that make a connection for each request. */
  readonly changing?: number;
  /** Requests after which it ends by itself. */
  readonly most?: number;
}

/** Load on one port, from its construction on. */
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

  /** The longest that any request took, in milliseconds. */
  get longest(): number {
    return this.outcomes.reduce((most, { took }) => Math.max(most, took), 0);
  }

  /** The versions that answered. */
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

/** How long a client waits, in milliseconds: much longer than any test allows. */
const PATIENCE = 20_000;

/** One request; never rejects. */
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
    sent.setTimeout(PATIENCE, () => sent.destroy(new Error("no answer")));
    sent.on("error", (error) => settle(0, "", error));
    sent.end();
  });
}
