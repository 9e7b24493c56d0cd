/** A server with one route that reads bodies and keeps what it read, for the length of one case. */
import { EventEmitter, once } from "node:events";
import type { Capability } from "../capability.ts";
import { PacketronHandlerFlags } from "../flags.ts";
import { PacketronRequestMethod } from "../methods.ts";
import { Packetron } from "../packetron.ts";
import type { PacketronRequest } from "../request/request.ts";
import { type Pace, type Posting, post } from "./_client.ts";
import { ignore, silentLogger } from "./_silent.ts";
import { within } from "./conformance-case.ts";

/** What the handler got out of one request. */
export interface Reading {
  /** What `getBody()` gave; `undefined` when it rejected. */
  readonly value: unknown;
  /** What a second `getBody()` gave. */
  readonly again: unknown;
  /** What `getBodyError()` told. */
  readonly bodyError: unknown;
  /** What `getRawBody()` gave, on a route with RAW_BODY. */
  readonly raw: Buffer | null;
  /** Why `getBody()` rejected. */
  readonly rejection: unknown;
}

/** How the route of a reader is registered. */
export interface ReaderOptions {
  readonly capabilities: readonly Capability[];
  readonly flags: number;
  readonly limit: number | null;
  /** How long to wait for one answer or reading, in milliseconds. */
  readonly patience: number;
}

/** What a case sends. */
export interface Sending {
  readonly mediaType: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to what a case sent; no reading when the handler did not run. */
export interface Answer {
  readonly status: number;
  readonly reading: Reading | undefined;
}

/** A running reader. */
export class Reader {
  readonly #server: Packetron;
  readonly #patience: number;
  readonly #readings: Map<string, Reading> = new Map();
  readonly #begun: EventEmitter = new EventEmitter();
  readonly #read: EventEmitter = new EventEmitter();
  #sent = 0;

  constructor(options: ReaderOptions) {
    this.#patience = options.patience;
    this.#server = new Packetron({
      host: "127.0.0.1",
      port: 0,
      maxThreads: 1,
      idleGrace: 0,
      drainTimeout: 100,
      logger: silentLogger,
      capabilities: options.capabilities,
    });
    this.#server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "/",
      flags: options.flags,
      maxRequestSizeInBytes: options.limit,
      handler: async (request, response) => {
        const label = String(request.headers["x-label"]);
        this.#begun.emit(label);
        this.#readings.set(label, await readBody(request, options.flags));
        this.#read.emit(label);
        response.sendStatusCode(200);
      },
    });
  }

  /** Starts a reader, hands it to the case, and stops it whatever happened. */
  static async use(options: ReaderOptions, run: (reader: Reader) => Promise<unknown>): Promise<void> {
    const reader = new Reader(options);
    await reader.#server.start();
    try {
      await run(reader);
    } finally {
      await reader.#server.stop();
    }
  }

  get port(): number {
    return this.#server.port;
  }

  /** Sends one body and waits for the answer. */
  async send(sending: Sending, pace: Pace = "whole"): Promise<Answer> {
    const posting = this.posting(sending);
    const status = await within(post(posting, pace), this.#patience, "no answer came");
    return { status, reading: this.readingOf(posting) };
  }

  /** The request of a body, labelled so that its reading can be found. */
  posting({ mediaType, body, headers }: Sending): Posting {
    const label = { "x-label": String(++this.#sent), "content-type": mediaType };
    return { port: this.port, headers: { ...label, ...headers }, body: Buffer.from(body) };
  }

  /** What the handler read of a request that has been answered; `undefined` when it did not run. */
  readingOf(posting: Posting): Reading | undefined {
    return this.#readings.get(posting.headers["x-label"] ?? "");
  }

  /** Waits for the handler to have been called. */
  async begun(posting: Posting): Promise<void> {
    const begun = once(this.#begun, posting.headers["x-label"] ?? "");
    await within(begun, this.#patience, "the handler did not run");
  }

  /** Sends a body whose reading ends in a rejection, whether or not an answer comes, and waits for both. */
  async sendRejected<Outcome>(
    sending: Sending,
    send: (posting: Posting) => Promise<Outcome>,
  ): Promise<{ readonly answer: Outcome; readonly rejection: unknown }> {
    const posting = this.posting(sending);
    const settled = once(this.#read, posting.headers["x-label"] ?? "");
    const [answer] = await Promise.all([
      within(send(posting), this.#patience, "no answer came"),
      within(settled, this.#patience, "getBody() did not settle"),
    ]);
    return { answer, rejection: this.readingOf(posting)?.rejection };
  }
}

async function readBody(request: PacketronRequest, flags: number): Promise<Reading> {
  const [first, second] = [request.getBody(), request.getBody()];
  // The second one is looked at only when the first has succeeded; alone it must not end the process.
  second.catch(ignore);
  try {
    const value: unknown = await first;
    const again: unknown = await second;
    const raw = flags & PacketronHandlerFlags.RAW_BODY ? await request.getRawBody() : null;
    return { value, again, bodyError: await request.getBodyError(), raw, rejection: undefined };
  } catch (rejection) {
    return {
      value: undefined,
      again: undefined,
      bodyError: await request.getBodyError(),
      raw: null,
      rejection,
    };
  }
}
