/** A server for one case: its route reads bodies and keeps the results. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import type { Capability } from "../capability/contract.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import { PacketronRequestMethod } from "../http/methods.ts";
import type { PacketronRequest } from "../message/request.ts";
import { Packetron } from "../server/packetron.ts";
import type { Answer, Reading } from "./_answer.ts";
import { type Pace, type Posting, post } from "./_client.ts";
import { ignore, loopbackOptions } from "./_server.ts";
import type { BodyParserSetup } from "./body-parser.ts";
import { DEFAULT_TIMEOUT_MS, within } from "./conformance-case.ts";

/** Settings of the route in addition to the parser's flag. By default the route has no size limit. */
export interface Variation {
  /** Flags in addition to the parser's. */
  readonly flags?: number;
  /** Size limit of the body, in bytes. */
  readonly limit?: number;
  /** Capabilities in addition to the parser's. */
  readonly others?: readonly Capability[];
}

/** A body to send. */
export interface Sending {
  readonly mediaType: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A running server that reads bodies. */
export class Reader {
  readonly #server: Packetron;
  readonly #timeoutMs: number;
  /** What the handler has read, by the label of the request: the value of the header `X-Label`. */
  readonly #readings: Map<string, Reading> = new Map();
  readonly #began: EventEmitter = new EventEmitter();
  readonly #read: EventEmitter = new EventEmitter();
  #sent = 0;

  constructor(setup: BodyParserSetup, { flags = 0, limit, others = [] }: Variation) {
    this.#timeoutMs = setup.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#server = new Packetron({ ...loopbackOptions, capabilities: [setup.create(), ...others] });
    this.#server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "/",
      flags: setup.flag | flags,
      maxRequestSizeInBytes: limit ?? null,
      handler: async (request, response) => {
        const label = String(request.headers["x-label"]);
        this.#began.emit(label);
        this.#readings.set(label, await readBody(request, flags));
        this.#read.emit(label);
        response.sendStatusCode(200);
      },
    });
  }

  /** Starts a {@link Reader}, runs a case with it, and stops the reader, even if the case fails. */
  static async use(
    setup: BodyParserSetup,
    variation: Variation,
    run: (reader: Reader) => Promise<unknown>,
  ): Promise<void> {
    const reader = new Reader(setup, variation);
    await reader.#server.start();
    try {
      await run(reader);
    } finally {
      await reader.#server.stop();
    }
  }

  /** Sends one body and waits for the answer. */
  async send(sending: Sending, pace: Pace = "whole"): Promise<Answer> {
    const posting = this.#label(sending);
    const status = await this.#answerOf(post(posting, pace));
    return { status, reading: this.#readings.get(posting.label) };
  }

  /** Sends several bodies with one call of `send`, and waits for all answers. */
  async sendAll<Sample extends Sending>(
    samples: readonly Sample[],
    send: (postings: readonly Posting[]) => Promise<readonly number[]>,
  ): Promise<{ readonly sample: Sample; readonly answer: Answer }[]> {
    const postings = samples.map((sample) => this.#label(sample));
    const statuses = await this.#answerOf(send(postings));
    assert.equal(statuses.length, samples.length, `${statuses.length} answers to ${samples.length} requests`);
    return samples.map((sample, index) => {
      const reading = this.#readings.get(postings[index]?.label ?? "");
      return { sample, answer: { status: statuses[index] ?? 0, reading } };
    });
  }

  /** Sends a body whose `getBody()` rejects. Waits for the result of `send` and for the rejection. */
  async sendRejected<Outcome>(
    sending: Sending,
    send: (posting: Posting) => Promise<Outcome>,
  ): Promise<{ readonly outcome: Outcome; readonly rejection: unknown }> {
    const posting = this.#label(sending);
    const read = once(this.#read, posting.label);
    const [outcome] = await Promise.all([
      this.#answerOf(send(posting)),
      within(read, this.#timeoutMs, "getBody() did not settle"),
    ]);
    return { outcome, rejection: this.#readings.get(posting.label)?.rejection };
  }

  /** Resolves when the handler of a request has started. */
  async began({ label }: Posting): Promise<void> {
    await within(once(this.#began, label), this.#timeoutMs, "the handler did not run");
  }

  #label({ mediaType, body, headers }: Sending): Posting {
    const label = String(++this.#sent);
    const fields = { ...headers, "x-label": label, "content-type": mediaType };
    return { port: this.#server.port, path: "/", label, headers: fields, body: Buffer.from(body) };
  }

  #answerOf<Outcome>(answer: Promise<Outcome>): Promise<Outcome> {
    return within(answer, this.#timeoutMs, "the server did not answer");
  }
}

async function readBody(request: PacketronRequest, flags: number): Promise<Reading> {
  const first = request.getBody();
  const second = request.getBody();
  // The second promise is awaited only after the first succeeds. Until then, its rejection must not be unhandled.
  second.catch(ignore);
  try {
    const value = await first;
    const again = await second;
    const raw = flags & PacketronHandlerFlags.RAW_BODY ? await request.getRawBody() : null;
    return { value, again, raw, bodyError: await request.getBodyError(), rejection: undefined };
  } catch (rejection) {
    const bodyError = await request.getBodyError();
    return { value: undefined, again: undefined, raw: null, bodyError, rejection };
  }
}
