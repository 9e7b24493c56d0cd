/**
 * Answers in the handler's place when a request fails or is refused. The body is empty: only the status of a failure
 * reaches the client, unless a capability explains its refusal.
 */
import type { Socket } from "node:net";
import { isPacketronError } from "../errors/errors.ts";
import { requestFields } from "../log/request-fields.ts";
import { http } from "../node/http.ts";
import { type OutHeaders, pendingHeaders } from "../node/internals.ts";
import { stringifyHeader } from "./answer.ts";
import { closingHead } from "./answer-head.ts";
import { Fault, type FaultOf, judgeFailure, logClientFault } from "./client-fault.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";

/** Headers that describe the handler's answer. They would be wrong on the refusal that replaces it. */
const REPRESENTATION_HEADERS: readonly string[] = [
  "Accept-Ranges",
  "Cache-Control",
  "Content-Disposition",
  "Content-Encoding",
  "Content-Language",
  "Content-Length",
  "Content-Location",
  "Content-Range",
  "Content-Type",
  "ETag",
  "Expires",
  "Last-Modified",
  "Trailer",
  "Transfer-Encoding",
];

/**
 * Answers in the handler's place, and ignores what the handler sends afterwards. Does nothing when an answer has begun.
 * After a 413 or 408 the connection is closed, once the client has had time to read the answer.
 *
 * @param headers Headers of the refusal. Headers that the handler has set, such as `Set-Cookie` and `Vary`, stay;
 *   headers that describe the body of the handler's answer are removed.
 * @param explanation Sent to the client as JSON; the body is empty without it. Say what the client did, never how the
 *   server works.
 * @example
 * sendError(response, 429, { "Retry-After": "1" });
 */
export function sendError(
  response: PacketronResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  explanation?: Readonly<Record<string, unknown>>,
): void {
  if (response.headersSent || response.writableEnded) return;
  resetResponse(response, status);
  const body = explanation === undefined ? "" : JSON.stringify(explanation);
  const type = explanation === undefined ? null : "application/json; charset=utf-8";
  // The rest of a body that is too large or too slow may be long: closing is cheaper than reading the rest.
  if ((status === 413 || status === 408) && !response.req.complete) response.setHeader("Connection", "close");
  for (const name in headers) response.setHeader(name, headers[name] ?? "");
  response.responder.send(response, type, body);
  response.refused = true;
}

/** Prepares a response that has not begun for another status: removes the headers that describe the former answer. */
export function resetResponse(response: PacketronResponse, status: number): void {
  const headers = pendingHeaders(response);
  if (headers !== null) {
    for (const name of REPRESENTATION_HEADERS) response.removeHeader(name);
    for (const key in headers) stringifyOrRemove(response, key, headers[key]);
  }
  response.statusCode = status;
  response.statusMessage = ""; // Node then takes the reason phrase of the new status
  response.sendDate = true;
}

/**
 * Turns the value of a header into text. Removes a header whose value gives no valid text, or throws in `toString()`:
 * this may be the reason why the request failed.
 */
function stringifyOrRemove(
  response: PacketronResponse,
  name: string,
  header: OutHeaders[string] | undefined,
): void {
  try {
    stringifyHeader(response, header);
  } catch {
    response.removeHeader(name);
  }
}

/**
 * Answers on a socket for which Node made no response object (after a parser error or CONNECT), and closes the socket.
 * Destroys a socket that cannot be written to.
 */
export function refuseSocket(socket: Socket, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const text = `${http.STATUS_CODES[status] ?? "Error"}\n`;
  socket.end(closingHead(status, "text/plain; charset=utf-8", text.length) + text);
  socket.destroySoon();
}

/**
 * Answers a request whose handler or gate failed, with the status of a Packetron error, else 500. Cuts an answer that
 * has begun, so that the client does not take it for complete. Reports the error, unless the client caused it.
 */
export function failRequest(error: unknown, request: PacketronRequest, response: PacketronResponse): void {
  // Core has refused the request while the handler was reading the body (413). The handler made no mistake.
  if (response.refused && isHeadersSent(error)) return;
  const fault = judgeFailure(error, request); // before endFailed(), whose answer would count as a refusal
  endFailed(response, statusOf(error));
  reportFailure(error, request, fault);
}

/** Answers with a status, or cuts the connection if an answer has begun. */
export function endFailed(response: PacketronResponse, status: number): void {
  if (!response.headersSent) sendError(response, status);
  else if (!response.writableEnded) response.destroy();
}

/** Reports an error of a request. An error with a status below 500 is an answer to the client, and is not reported. */
export function reportFailure(
  error: unknown,
  request: PacketronRequest,
  fault: FaultOf = judgeFailure(error, request),
): void {
  if (statusOf(error) >= 500) report(error, request, fault, `${request.route ?? request.method} failed`);
}

/** Reports an error of `server.onError()`'s handler. */
export function reportErrorHandler(error: unknown, request: PacketronRequest): void {
  report(error, request, judgeFailure(error, request), "the error handler failed");
}

function report(error: unknown, request: PacketronRequest, fault: FaultOf, message: string): void {
  if (fault === Fault.LEFT || fault === Fault.REFUSED) return logClientFault(error, request, fault);
  request.server.reportError(error, message, requestFields(request), fault);
}

/** The status of a Packetron error, else 500. A handler can throw any value, even one whose properties throw. */
export function statusOf(error: unknown): number {
  try {
    const status = isPacketronError(error) ? error.status : undefined;
    return status !== undefined && Number.isInteger(status) && status >= 400 && status <= 599 ? status : 500;
  } catch {
    return 500;
  }
}

function isHeadersSent(error: unknown): boolean {
  try {
    return error instanceof Error && "code" in error && error.code === "ERR_HTTP_HEADERS_SENT";
  } catch {
    return false;
  }
}
