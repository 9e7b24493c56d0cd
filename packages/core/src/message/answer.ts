/** What all senders share: one answer for each request, with its length, in one write. */

import { coreError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { headerText, isConstant } from "../http/headers.ts";
import { http } from "../node/http.ts";
import { type OutHeaders, pendingHeaders } from "../node/internals.ts";
import { warnLateAnswer } from "./late-answer.ts";
import type { PacketronResponse } from "./response.ts";

/**
 * Whether an answer has left already; the late call is told in the log then, unless core itself has answered. A head
 * that was given to `writeHead()` and still waits for its body does not count.
 *
 * @param call What came, for the log: `"sendJson() was called"`.
 */
export function isAnswered(response: PacketronResponse, call: string): boolean {
  if (response.refused) return true;
  if (!response.headersSent) return false;
  if (!response.writableEnded && isHeadWaiting(response)) return false;
  warnLateAnswer(response, call);
  return true;
}

/** Ends the response with a body. Headers that are there win; `type` is for when no Content-Type is. */
export function answer(response: PacketronResponse, type: string | null, body: string | Uint8Array): void {
  if (response.headersSent) return void response.end(body); // the head is the one of writeHead()
  const { statusMessage } = response;
  assertStatus(response.statusCode);
  // Node asks too, but when the headers below are set already, which would then belong to the answer to the error.
  if (statusMessage) http.validateHeaderValue("statusMessage", statusMessage);
  response.responder.send(response, type, body);
}

/** Ends the response with a value as JSON, or with a 500 when it has no JSON. */
export function answerJson(response: PacketronResponse, value: unknown): void {
  let body: string;
  try {
    body = JSON.stringify(value) ?? "null";
  } catch (error) {
    // Not thrown: in the callback of a timer it would end the process instead of the request.
    const reason = error instanceof Error ? error.message : showValue(error);
    const failure = coreError("PKT_RESPONSE_NOT_SERIALIZABLE", { reason }, error);
    return response.server.failRequest(failure, response.req, response);
  }
  answer(response, "application/json; charset=utf-8", body);
}

/** Ends the response with a status and an empty body. */
export function answerStatus(response: PacketronResponse, status: number): void {
  assertStatus(status);
  response.statusCode = status;
  answer(response, null, "");
}

/** Node would take `"404"` and 200.5 as well, and cut them to an integer. */
export function assertStatus(status: unknown): void {
  if (typeof status === "number" && Number.isInteger(status) && status >= 100 && status <= 999) return;
  throw coreError("PKT_RESPONSE_STATUS", { received: showValue(status) });
}

/** Makes a text of each header that is set. @throws As {@link headerText}. */
export function stringifyHeaders(response: PacketronResponse): void {
  const headers = pendingHeaders(response);
  if (headers === null) return;
  for (const key in headers) stringifyHeader(response, headers[key]);
}

/** Makes a text of one header. @throws As {@link headerText}. */
export function stringifyHeader(response: PacketronResponse, header: OutHeaders[string] | undefined): void {
  if (header === undefined || isConstant(header[1])) return;
  const [name, value] = header;
  const text = headerText(name, value);
  // Middleware that wraps setHeader() sees a second call for such a value alone.
  if (!Array.isArray(value) || value.some((member) => typeof member !== "string"))
    response.setHeader(name, text);
}

/**
 * Node has no public name for the state between `writeHead()` and the first bytes of a body. Node 26 keeps the head back
 * behind the first chunk, too: then bytes wait that are not the socket's.
 */
function isHeadWaiting(response: PacketronResponse): boolean {
  if (Reflect.get(response, "_headerSent") !== false) return false;
  return response.writableLength === (response.socket?.writableLength ?? 0);
}
