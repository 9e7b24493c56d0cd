/** What all senders share: one answer for each request, with its length, in one write. */

import { coreError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { headerText, isConstant } from "../http/header-text.ts";
import { http } from "../node/http.ts";
import { type OutHeaders, outHeaders } from "../node/internals.ts";
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
  const { statusCode, statusMessage } = response;
  assertStatus(statusCode);
  // Node asks too, but when the headers below are set already, which would then belong to the answer to the error.
  if (statusMessage) http.validateHeaderValue("statusMessage", statusMessage);
  if (response.answerDirectly(type, body)) return;
  settleHeaders(response);
  if (statusCode < 200 || statusCode === 204 || statusCode === 304) return endWithoutContent(response);
  const content = statusCode === 205 ? "" : body; // RFC 9110 section 15.3.6: no content, but a length
  if (type !== null && !response.hasHeader("Content-Type")) response.setHeader("Content-Type", type);
  // Two ways to tell the length are one too many, RFC 9112 section 6.2.
  if (response.hasHeader("Transfer-Encoding")) response.removeHeader("Transfer-Encoding");
  const length = typeof content === "string" ? Buffer.byteLength(content) : content.byteLength;
  if (response.req.method === "HEAD") return endHead(response, length);
  response.setHeader("Content-Length", length);
  response.end(content);
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

/** Makes the headers that are set text. @throws As {@link headerText}. */
export function settleHeaders(response: PacketronResponse): void {
  const headers = outHeaders(response);
  if (headers === null) return;
  for (const key in headers) settleHeader(response, headers[key]);
}

/** Makes one of them text. @throws As {@link headerText}. */
export function settleHeader(response: PacketronResponse, header: OutHeaders[string] | undefined): void {
  if (header === undefined || isConstant(header[1])) return;
  const [name, value] = header;
  const text = headerText(name, value);
  // A setHeader() that somebody has wrapped is called for the odd value alone.
  if (!Array.isArray(value) || value.some((member) => typeof member !== "string"))
    response.setHeader(name, text);
}

/** RFC 9110 sections 6.4.1 and 8.6: no content, and no length of it either. */
function endWithoutContent(response: PacketronResponse): void {
  response.removeHeader("Content-Length");
  response.removeHeader("Transfer-Encoding");
  // RFC 9110 section 15.2: a 1xx is no final answer. The client goes on waiting, and would take the next one for it.
  if (response.statusCode < 200) response.setHeader("Connection", "close");
  response.end();
}

/** The headers of GET. A handler of HEAD alone may know the length without making the body. */
function endHead(response: PacketronResponse, length: number): void {
  if (!response.hasHeader("Content-Length")) response.setHeader("Content-Length", length);
  response.end();
}

/**
 * Node has no public name for the state between `writeHead()` and the first bytes of a body. Node 26 keeps the head back
 * behind the first chunk, too: then bytes wait that are not the socket's.
 */
function isHeadWaiting(response: PacketronResponse): boolean {
  if (Reflect.get(response, "_headerSent") !== false) return false;
  return response.writableLength === (response.socket?.writableLength ?? 0);
}
