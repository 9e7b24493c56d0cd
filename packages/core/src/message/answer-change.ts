/** What functions of `host.answering()` see of an answer, and what they can change of it. */
import type { PreparedAnswer } from "./prepared-answer.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";

/** A whole body: text, which is sent as UTF-8, or bytes. */
export type AnswerBody = string | Uint8Array;

/** An answer whose head has not left yet. */
export interface Answer {
  /** The status that the client will get. */
  readonly status: number;
  /** The whole body; `null` for a stream. The body of a HEAD, 204 or 304 is not sent, but its length may be. */
  readonly body: AnswerBody | null;
  /**
   * The value of a header of the answer: one that is set on the response, the one that the sender adds to them, such as
   * the Content-Type of `sendJson()`, or one that a function has prepared. Values of a list are joined with `", "`.
   */
  header(name: string): string | undefined;
  /** Removes a header, also one that the sender would add. */
  removeHeader(name: string): void;
}

/**
 * Changes an answer. Headers are set with `response.setHeader()`. A returned text, bytes, or a promise of them is the
 * new body of an answer that has a whole one; the length follows by itself. A returned stream with both sides, such as
 * a Transform, gets the bytes of an answer that is a stream, and gives those that are sent. Any other result changes
 * nothing.
 */
export type Answering = (request: PacketronRequest, response: PacketronResponse, answer: Answer) => unknown;

/** An answer with a whole body, while the functions run. */
export interface ChangedAnswer extends Answer {
  /** Gives the answer another body. */
  replace(body: AnswerBody): void;
  send(): void;
}

/** Where the changes of an answer stand. The state of a response that has not been answered is `undefined`. */
export const AnsweringState: {
  /** The new body is not there yet. Until then the response looks answered, though its head has not left. */
  readonly PENDING: 1;
  /** The functions have run. They do not run again when the answer fails and an error is sent instead. */
  readonly DONE: 2;
} = Object.freeze({ PENDING: 1, DONE: 2 });

/** The answer of a sender: its body is known before its head is sent. */
export class WholeAnswer implements ChangedAnswer {
  readonly #response: PacketronResponse;
  #type: string | null;
  #prepared: PreparedAnswer | null;
  #body: AnswerBody;

  /**
   * @param type The Content-Type, unless the response has one.
   * @param prepared The prepared answer that is sent, if it is one. Then its headers are not set on the response.
   */
  constructor(
    response: PacketronResponse,
    type: string | null,
    body: AnswerBody,
    prepared: PreparedAnswer | null = null,
  ) {
    this.#response = response;
    this.#type = type;
    this.#body = body;
    this.#prepared = prepared;
  }

  get status(): number {
    return this.#prepared === null ? this.#response.statusCode : this.#prepared.status;
  }

  get body(): AnswerBody {
    return this.#body;
  }

  header(name: string): string | undefined {
    const set = setHeader(this.#response, name);
    if (set !== undefined) return set;
    const key = name.toLowerCase();
    const prepared = this.#prepared?.headers[key]?.[1];
    if (prepared !== undefined) return String(prepared);
    return key === "content-type" && this.#type !== null ? this.#type : blockHeader(this.#response, name);
  }

  removeHeader(name: string): void {
    this.#expose();
    this.#response.removeHeader(name);
  }

  /** Gives the answer another body. */
  replace(body: AnswerBody): void {
    if (this.#prepared !== null) this.#expose();
    this.#response.removeHeader("Content-Length"); // of the former body
    this.#body = body;
  }

  /** Sends the answer. A prepared one that has only got further headers is sent as such. */
  send(): void {
    const { responder } = this.#response;
    if (this.#prepared === null) responder.send(this.#response, this.#type, this.#body);
    else this.#prepared.sendUnchanged(this.#response);
  }

  /** Sets on the response what the sender would add, so that it can be removed or replaced. */
  #expose(): void {
    const response = this.#response;
    const { headers = {}, status = response.statusCode } = this.#prepared ?? {};
    response.statusCode = status;
    if (this.#type !== null && !response.hasHeader("Content-Type"))
      response.setHeader("Content-Type", this.#type);
    for (const key in headers) {
      const header = headers[key];
      if (header !== undefined && !response.hasHeader(key)) response.setHeader(header[0], String(header[1]));
    }
    this.#type = null;
    this.#prepared = null;
  }
}

/**
 * An answer whose body follows in pieces, or which the code of a library ends itself. Its headers are those that are
 * set.
 */
export class OpenAnswer implements Answer {
  readonly response: PacketronResponse;
  body: AnswerBody | null;

  constructor(response: PacketronResponse, body: AnswerBody | null) {
    this.response = response;
    this.body = body;
  }

  get status(): number {
    return this.response.statusCode;
  }

  header(name: string): string | undefined {
    return setHeader(this.response, name) ?? blockHeader(this.response, name);
  }

  removeHeader(name: string): void {
    this.response.removeHeader(name);
  }
}

function setHeader(response: PacketronResponse, name: string): string | undefined {
  const value = response.getHeader(name);
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** The value of a header that `prepareHeaders()` gives to the answer, unless the answer has one of the name. */
function blockHeader({ headerBlock }: PacketronResponse, name: string): string | undefined {
  const header = headerBlock?.headers[name.toLowerCase()];
  return header === undefined ? undefined : String(header[1]);
}
