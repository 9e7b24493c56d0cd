/** An answer that is the same for many requests. Its head is checked and built once, and not for each request. */

import type { OutHeaders } from "../node/internals.ts";
import { assertStatus, stringifyHeaders } from "./answer.ts";
import { checkedHeaders, type HeaderBlock } from "./header-block.ts";
import type { PacketronResponse } from "./response.ts";

/** The parts of a prepared answer. */
export interface AnswerParts {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

/** The text of a prepared answer. It is built again when the Date line or the Connection line of answers changes. */
export interface PreparedText {
  /** The Date line of the head. */
  readonly date: string;
  /** The lines Connection and Keep-Alive of the head. */
  readonly connection: string;
  /** The block of further headers in the head. */
  readonly block: HeaderBlock | null;
  readonly head: string;
  /** Head and body with one character for each byte; `null` when the body is too large to be copied. */
  readonly whole: string | null;
}

/** An answer that has been checked, and that many responses can send. */
export class PreparedAnswer {
  readonly status: number;
  readonly headers: OutHeaders;
  /** The body; empty for status 205. The body of a 204 or 304 is not sent. */
  readonly body: Uint8Array;
  /** The text of the answer, cached by the builder of heads. */
  text: PreparedText | null = null;

  /** @throws The errors of {@link prepareAnswer}. */
  constructor({ status, headers, body }: AnswerParts) {
    assertStatus(status);
    this.status = status;
    this.headers = checkedHeaders(headers, "prepareAnswer()");
    this.body = body === null || status === 205 ? NOTHING : body;
  }

  /** Answers, and ends the response. Headers that are set on the response win; its `statusCode` does not. */
  send(response: PacketronResponse): void {
    if (response.headersSent) return void response.end(this.body); // writeHead() has given the head
    const { answerings } = response;
    if (!answerings) this.sendUnchanged(response);
    else answerings.sendPrepared(response, this);
  }

  /** Answers without a call of the functions of `host.answering()`. */
  sendUnchanged(response: PacketronResponse): void {
    stringifyHeaders(response);
    response.responder.sendPrepared(response, this);
  }
}

/**
 * Checks an answer once, so that sending it needs no checks.
 *
 * @returns The function that sends the answer on a response.
 * @throws PKT_RESPONSE_STATUS for a status that is not an integer from 100 to 999; PKT_OPTION_INVALID for headers that
 *   belong to the connection; Node's ERR_INVALID_HTTP_TOKEN and ERR_INVALID_CHAR for names and values that would break
 *   the head.
 */
export function prepareAnswer(parts: AnswerParts): (response: PacketronResponse) => void {
  const prepared = new PreparedAnswer(parts);
  return (response) => prepared.send(response);
}

const NOTHING: Uint8Array = new Uint8Array(0);
