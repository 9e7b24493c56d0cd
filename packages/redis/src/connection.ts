/**
 * A connection to the store whose calls have deadlines. After three failures in a row it is down: calls reject at once, and
 * one attempt to connect is made after a second, then after two, up to 30. A connection that the store has closed is
 * opened again at once.
 */
import { sharedUnavailable } from "@packetron/core/capability";
import { isOutage, reasonOf } from "./outage.ts";
import { withDeadline } from "./with-deadline.ts";

/** What a connection needs of a client. Replies are those of RESP 2: numbers, buffers, `null`, and lists of them. */
export interface StoreClient {
  connect(): Promise<unknown>;
  /** Sends a command. A cluster sends it to the node of the key. Rejects with a ReplyError when the reply is an error. */
  send(key: string, args: (string | Buffer)[]): Promise<unknown>;
  /** Waits for the replies under way, then closes. */
  close(): Promise<unknown>;
  /** Closes at once; commands under way reject. */
  destroy(): void;
}

/** Creates a client that is not connected yet. `onClosed` is called when its connection ends, but not by this process. */
export type CreateClient = (onClosed: () => void) => StoreClient;

/** How long a connection may take, in milliseconds. */
export const CONNECT_DEADLINE = 1_000;

/** How long a call may take whose process has not been connected yet, in milliseconds: its answer comes after a handshake. */
const FIRST_DEADLINE = 1_000;

/** Times of a connection, in milliseconds. */
export interface Timing {
  /** From the end of the connection to the first attempt to open a new one. Doubled after each failure. */
  readonly firstProbe: number;
  readonly maxProbe: number;
  /** Between two pings, which find a connection whose other end has vanished. */
  readonly ping: number;
}

/** The times outside tests. */
export const TIMING: Timing = { firstProbe: 1_000, maxProbe: 30_000, ping: 1_000 };

/** The most calls under way. */
const MAX_CALLS = 10_000;

/** A connection that ends sooner than this after its begin, in milliseconds, is not opened again at once. */
const MIN_LIFE = 1_000;

/** What a {@link Connection} is made of. */
export interface ConnectionOptions {
  /** Loads the code of the client. A process that makes no call does without it. */
  readonly load: () => Promise<CreateClient>;
  readonly timing: Timing;
  /** The failures in a row after which the store counts as down. */
  readonly maxFailures: number;
  /** A key of the slot that the pings go to; `null` for a connection whose commands wait in the store. */
  readonly pingKey: string | null;
  /** Called when the state changes, with the reason of an end. */
  readonly onChange: (state: "up" | "down", reason: string) => void;
  readonly onFailure: () => void;
}

/** A call: its name for errors, and how long it may take, in milliseconds. */
export interface Call {
  readonly name: string;
  readonly deadline: number;
  /** Called with a reply that comes after the deadline. */
  readonly late?: (reply: unknown) => void;
}

type Phase = "idle" | "opening" | "up" | "down" | "closed";

/** One connection, which is opened at its first call. */
export class Connection {
  readonly #options: ConnectionOptions;
  #phase: Phase = "idle";
  #client: StoreClient | undefined;
  #opening: Promise<StoreClient> | undefined;
  #openedAt = 0;
  #wasUp = false;
  #failures = 0;
  #calls = 0;
  #delay: number;
  #probe: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;
  #reason = "the connection is closed";

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#delay = options.timing.firstProbe;
  }

  /** Whether a call can succeed now. A connection that was not used yet counts as up. */
  get state(): "up" | "down" {
    return this.#phase === "down" || this.#phase === "closed" ? "down" : "up";
  }

  /** Opens the connection. Rejects with what the client says; then it is down, and further attempts follow. */
  async open(): Promise<void> {
    await this.#ready();
  }

  /**
   * Makes a call with a client. The reply is what `run` resolves with.
   *
   * @throws PKT_SHARED_UNAVAILABLE (as a rejection) at the deadline, or at once while the store is down.
   */
  async call(call: Call, run: (client: StoreClient) => Promise<unknown>): Promise<unknown> {
    if (this.state === "down") throw sharedUnavailable(call.name, `Redis is down: ${this.#reason}`);
    if (this.#calls >= MAX_CALLS) throw sharedUnavailable(call.name, `${MAX_CALLS} calls wait for answers`);
    this.#calls++;
    try {
      if (this.#phase === "up" && this.#client !== undefined)
        return await this.#attempt(this.#client, call, call.deadline, run);
      await this.#options.load(); // the deadline begins when this process can send
      // Without this, the first request of each worker would be answered as if Redis were down.
      const limit = this.#wasUp ? call.deadline : Math.max(call.deadline, FIRST_DEADLINE);
      const until = performance.now() + limit;
      const late = (): never => {
        throw sharedUnavailable(call.name, `no connection within ${limit} ms`);
      };
      const client = await withDeadline(this.#ready(), limit, late).catch((error: unknown) => {
        throw sharedUnavailable(call.name, reasonOf(error), error);
      });
      return await this.#attempt(client, call, Math.max(1, until - performance.now()), run);
    } finally {
      this.#calls--;
    }
  }

  /** Waits for the calls under way, at most for a time in milliseconds, and closes the connection for good. */
  async close(limit: number): Promise<void> {
    const client = this.#client;
    const wasUp = this.#phase === "up";
    this.#end("closed");
    this.#client = undefined;
    if (client === undefined) return;
    if (wasUp && limit > 0) await withDeadline(client.close(), limit, () => {}).catch(() => {});
    client.destroy();
  }

  #ready(): Promise<StoreClient> {
    if (this.#phase === "up" && this.#client !== undefined) return Promise.resolve(this.#client);
    if (this.#phase === "closed") return Promise.reject(new Error(this.#reason));
    if (this.#opening === undefined) {
      if (this.#phase === "idle") this.#phase = "opening";
      this.#opening = this.#connect().finally(() => {
        this.#opening = undefined;
      });
      this.#opening.catch(() => {}); // a probe has no caller
    }
    return this.#opening;
  }

  async #connect(): Promise<StoreClient> {
    const { load, pingKey } = this.#options;
    const create = await load();
    if (this.#phase === "closed") throw new Error(this.#reason);
    const client = create(() => this.#closed(client));
    this.#client = client;
    const late = (): never => {
      throw new Error(`no answer within ${CONNECT_DEADLINE} ms`);
    };
    try {
      const check = client.connect().then(() => client.send(pingKey ?? "", ["PING"]));
      await withDeadline(check, CONNECT_DEADLINE, late);
      if (this.#client !== client) throw new Error("the connection was closed");
    } catch (error) {
      client.destroy();
      if (this.#client === client) this.#down(reasonOf(error));
      throw error;
    }
    this.#up(client);
    return client;
  }

  #up(client: StoreClient): void {
    const { timing, pingKey, onChange } = this.#options;
    const wasDown = this.#phase === "down";
    this.#phase = "up";
    this.#wasUp = true;
    this.#openedAt = performance.now();
    this.#failures = 0;
    this.#delay = timing.firstProbe;
    if (pingKey !== null) {
      const call = { name: "PING", deadline: timing.ping };
      const ping = (): void =>
        void this.#attempt(client, call, call.deadline, () => client.send(pingKey, ["PING"])).catch(() => {});
      this.#ping = setInterval(ping, timing.ping).unref();
    }
    if (wasDown) onChange("up", "");
  }

  #down(reason: string): void {
    const wasDown = this.#phase === "down";
    this.#end("down");
    this.#reason = reason;
    // Spread, so that the processes of many machines do not all connect in the same moment.
    const delay = this.#delay * (0.8 + 0.4 * Math.random());
    this.#delay = Math.min(this.#options.timing.maxProbe, 2 * this.#delay);
    this.#probe = setTimeout(() => void this.#ready().catch(() => {}), delay).unref();
    if (!wasDown) this.#options.onChange("down", reason);
  }

  #end(phase: "down" | "closed"): void {
    this.#phase = phase;
    clearInterval(this.#ping);
    clearTimeout(this.#probe);
  }

  /** The store, or the network, has closed the connection. */
  #closed(client: StoreClient): void {
    if (this.#client !== client || this.#phase !== "up") return;
    clearInterval(this.#ping);
    client.destroy();
    if (performance.now() - this.#openedAt < MIN_LIFE) return this.#down("Redis has closed the connection");
    this.#phase = "idle";
    void this.#ready().catch(() => {});
  }

  #attempt(
    client: StoreClient,
    { name, late }: Call,
    limit: number,
    run: (client: StoreClient) => Promise<unknown>,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let isSettled = false;
      const giveUp = (): void => {
        if (isSettled) return;
        isSettled = true;
        const reason = `Redis did not answer within ${Math.round(limit)} ms`;
        this.#failed(client, reason);
        reject(sharedUnavailable(name, reason));
      };
      // An answer may have arrived while this process was busy: one more turn of the event loop reads it first.
      const timer = setTimeout(() => setImmediate(giveUp), limit);
      run(client).then(
        (reply) => {
          clearTimeout(timer);
          if (isSettled) return late?.(reply);
          isSettled = true;
          if (this.#client === client) this.#failures = 0;
          resolve(reply);
        },
        (error: unknown) => {
          clearTimeout(timer);
          if (isSettled) return;
          isSettled = true;
          if (isOutage(error)) this.#failed(client, reasonOf(error));
          reject(error);
        },
      );
    });
  }

  #failed(client: StoreClient, reason: string): void {
    this.#options.onFailure();
    if (this.#client !== client || this.#phase !== "up") return;
    this.#failures++;
    if (this.#failures < this.#options.maxFailures) return;
    client.destroy();
    this.#down(reason);
  }
}
