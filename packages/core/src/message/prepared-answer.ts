/** An answer that stays the same for many requests: its head is checked and written once, not for each of them. */

import { coreError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { http } from "../node/http.ts";
import { hasOwnFraming, type OutHeaders } from "../node/internals.ts";
import { assertStatus, stringifyHeaders } from "./answer.ts";
import type { PacketronResponse } from "./response.ts";

/** What stays the same. */
export interface AnswerParts {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

/** The text of a prepared answer, good while the `Date` in it is the time. */
export interface PreparedText {
  readonly date: string;
  /** The headers about the connection. */
  readonly connection: string;
  readonly head: string;
  /** Head and body with a byte in each character, `null` when the body is too large to be copied. */
  readonly whole: string | null;
}

/** An answer that was checked. */
export class PreparedAnswer {
  readonly status: number;
  readonly headers: OutHeaders;
  /** Empty where the status has no content. */
  readonly body: Uint8Array;
  /** Kept by who writes it. */
  text: PreparedText | null = null;

  /** @throws As {@link prepareAnswer}. */
  constructor({ status, headers, body }: AnswerParts) {
    assertStatus(status);
    this.status = status;
    this.headers = checkedHeaders(headers);
    this.body = body === null || status === 205 ? NOTHING : body;
  }

  /** Answers. Headers that the response has already win, the status does not. */
  send(response: PacketronResponse): void {
    if (response.headersSent) return void response.end(this.body); // the head is the one of writeHead()
    stringifyHeaders(response);
    response.responder.sendPrepared(response, this);
  }
}

/**
 * Checks an answer once.
 *
 * @returns Sends it.
 * @throws PKT_RESPONSE_STATUS for what is no status; PKT_OPTION_INVALID for headers that belong to the connection; Node's
 *   ERR_INVALID_HTTP_TOKEN and ERR_INVALID_CHAR for names and values that would break the head.
 */
export function prepareAnswer(parts: AnswerParts): (response: PacketronResponse) => void {
  const prepared = new PreparedAnswer(parts);
  return (response) => prepared.send(response);
}

const NOTHING: Uint8Array = new Uint8Array(0);

function checkedHeaders(headers: Readonly<Record<string, string>>): OutHeaders {
  const checked: Record<string, readonly [string, string]> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
    checked[name.toLowerCase()] = [name, value];
  }
  if (hasOwnFraming(checked)) {
    throw coreError("PKT_OPTION_INVALID", {
      option: "host.prepareAnswer()",
      received: showValue(Object.keys(headers).join(", ")),
      expected: "headers of the answer, none that Node reads itself such as Content-Length or Connection",
    });
  }
  return checked;
}
