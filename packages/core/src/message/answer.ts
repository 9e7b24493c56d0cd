/** The work that all senders share: one answer for each request, with its length, in one write. */

import { coreError, type PacketronError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { headerText, isConstant } from "../http/headers.ts";
import { encodeLocation, isRedirect, redirectStatuses } from "../http/redirect.ts";
import { http } from "../node/http.ts";
import { type OutHeaders, pendingHeaders } from "../node/internals.ts";
import { warnLateAnswer } from "./late-answer.ts";
import type { PacketronResponse } from "./response.ts";

/**
 * Returns whether a response has been answered already. If so, logs the late call, unless core itself has answered.
 * After `writeHead()` alone the result is `false`, because Node keeps that head until the body is written.
 *
 * @param call The late call, for the log: `"sendJson() was called"`.
 */
export function isAnswered(response: PacketronResponse, call: string): boolean {
  if (!hasAnswer(response)) return false;
  warnLateAnswer(response, call); // not for a refusal by core
  return true;
}

/** Whether a response has been answered, or its answer has begun. After `writeHead()` alone the result is `false`. */
export function hasAnswer(response: PacketronResponse): boolean {
  if (response.refused && !response.awaitsErrorHandler) return true;
  if (!response.headersSent) return false;
  return response.writableEnded || !isHeadWaiting(response);
}

/** Answers with a body, and ends the response. `type` is the Content-Type, unless the response has one. */
export function answer(response: PacketronResponse, type: string | null, body: string | Uint8Array): void {
  if (response.headersSent) return void response.end(body); // writeHead() has given the head
  const { statusMessage } = response;
  assertStatus(response.statusCode);
  // Node checks the message only after the headers of this answer are set; the answer to the error would have them.
  if (statusMessage) http.validateHeaderValue("statusMessage", statusMessage);
  deliver(response, type, body);
}

/** Sends an answer whose status has been checked, after the functions of `host.answering()` have seen it. */
export function deliver(response: PacketronResponse, type: string | null, body: string | Uint8Array): void {
  const { answerings } = response;
  if (!answerings) response.responder.send(response, type, body);
  else answerings.send(response, type, body);
}

/** Answers with a value as JSON, or with a 500 when the value cannot be serialised. */
export function answerJson(response: PacketronResponse, value: unknown): void {
  let body: string;
  try {
    body = JSON.stringify(value) ?? "null";
  } catch (error) {
    // The error is not thrown: if the handler sends from a timer, an exception would end the process.
    const reason = error instanceof Error ? error.message : showValue(error);
    const failure = coreError("PKT_RESPONSE_NOT_SERIALIZABLE", { reason }, error);
    return response.server.failRequest(failure, response.req, response);
  }
  answer(response, "application/json; charset=utf-8", body);
}

/** Answers with a status and an empty body. */
export function answerStatus(response: PacketronResponse, status: number): void {
  setStatus(response, status);
  answer(response, null, "");
}

/** Answers with a redirect. @throws PKT_RESPONSE_REDIRECT for a wrong location or status. */
export function answerRedirect(response: PacketronResponse, location: unknown, status: unknown): void {
  const target = typeof location === "string" ? location : location instanceof URL ? location.href : "";
  const encoded = encodeLocation(target);
  if (encoded === null) throw redirectError("location", location, "a path or URL without control characters");
  if (!isRedirect(status)) throw redirectError("status", status, `one of ${redirectStatuses.join(", ")}`);
  response.setHeader("Location", encoded);
  answerStatus(response, status);
}

/** Makes PKT_RESPONSE_REDIRECT. Express has the status first. */
function redirectError(argument: string, value: unknown, expected: string): PacketronError {
  return coreError("PKT_RESPONSE_REDIRECT", { argument, received: showValue(value), expected });
}

/** Sets the status. @throws PKT_RESPONSE_STATUS as {@link assertStatus}. */
export function setStatus(response: PacketronResponse, status: number): void {
  assertStatus(status);
  response.statusCode = status;
}

/**
 * Throws PKT_RESPONSE_STATUS unless the status is an integer from 100 to 999. Node would truncate `"404"` and 200.5.
 */
export function assertStatus(status: unknown): void {
  if (typeof status === "number" && Number.isInteger(status) && status >= 100 && status <= 999) return;
  throw coreError("PKT_RESPONSE_STATUS", { received: showValue(status) });
}

/** Turns the value of each header that is set into text. @throws The errors of {@link headerText}. */
export function stringifyHeaders(response: PacketronResponse): void {
  const headers = pendingHeaders(response);
  if (headers === null) return;
  for (const key in headers) stringifyHeader(response, headers[key]);
}

/** Turns the value of one header into text. @throws The errors of {@link headerText}. */
export function stringifyHeader(response: PacketronResponse, header: OutHeaders[string] | undefined): void {
  if (header === undefined || isConstant(header[1])) return;
  const [name, value] = header;
  const text = headerText(name, value);
  // Sets the header again only if its value was not text, because middleware may have wrapped setHeader().
  if (!Array.isArray(value) || value.some((member) => typeof member !== "string"))
    response.setHeader(name, text);
}

/**
 * Whether `writeHead()` has been called and the body has not begun. Node has no public property for this state, so the
 * function reads several. Node 26 keeps the head after a first `write()`, too, but then the response has queued bytes.
 */
function isHeadWaiting(response: PacketronResponse): boolean {
  if (Reflect.get(response, "_headerSent") !== false) return false;
  return response.writableLength === (response.socket?.writableLength ?? 0);
}
