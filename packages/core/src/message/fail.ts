/**
 * How Packetron answers by itself when a request fails. Status, headers and body of every such answer are made here. The
 * body is empty, and nothing about the failure but its status reaches the client, unless a capability explains its refusal.
 */
import type { Socket } from "node:net";
import { isPacketronError } from "../errors/errors.ts";
import { requestFields } from "../log/request-fields.ts";
import { http } from "../node/http.ts";
import { type OutHeaders, pendingHeaders } from "../node/internals.ts";
import { stringifyHeader } from "./answer.ts";
import { Fault, type FaultOf, judgeFailure, logClientFault } from "./client-fault.ts";
import { closingHead } from "./head.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";

/** What a handler may have said about the answer it was about to give; none of it is true of the refusal. */
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
 * Answers in the handler's place; whatever the handler sends afterwards is ignored. Does nothing when an answer has begun.
 * Behind a 413 or 408 the connection is closed, once the client has had time to read it.
 *
 * @param headers Set on top of those that are not about a representation (`Set-Cookie`, `Vary`, … stay).
 * @param explanation Sent as JSON instead of an empty body. It goes to the client: say what the client did, never how the
 *   server works.
 * @example
 * refuse(response, 429, { "Retry-After": "1" });
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
  // The client may be far from done with a body that was refused for its size or its slowness.
  if ((status === 413 || status === 408) && !response.req.complete) response.setHeader("Connection", "close");
  for (const name in headers) response.setHeader(name, headers[name] ?? "");
  response.responder.send(response, type, body);
  response.refused = true;
}

/** Makes an answer that has not begun one of another status, without what was said about the one before. */
export function resetResponse(response: PacketronResponse, status: number): void {
  const headers = pendingHeaders(response);
  if (headers !== null) {
    for (const name of REPRESENTATION_HEADERS) response.removeHeader(name);
    for (const key in headers) stringifyOrRemove(response, key, headers[key]);
  }
  response.statusCode = status;
  response.statusMessage = ""; // the reason phrase of the status, not one that was meant for another
  response.sendDate = true;
}

/** Makes a header text, and removes it where there is none to make: it may be why there is a failure. */
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
 * Answers on a socket that has no response object (the parser gave up, CONNECT) and closes it. Destroys it when it
 * cannot be written to.
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
 * Answers a request whose handler or gate failed: with the status of a Packetron error, else 500. An answer that has
 * begun is cut, so that the client does not take it for whole. A client's fault is not reported as an error.
 */
export function failRequest(error: unknown, request: PacketronRequest, response: PacketronResponse): void {
  // A handler that goes on after core has refused its request (413 while it read the body) has done nothing wrong.
  if (response.refused && isHeadersSent(error)) return;
  const fault = judgeFailure(error, request); // before the answer below, which is a refusal, too
  endFailed(response, statusOf(error));
  reportFailure(error, request, fault);
}

/** Answers with a status, or cuts an answer that has begun. */
export function endFailed(response: PacketronResponse, status: number): void {
  if (!response.headersSent) sendError(response, status);
  else if (!response.writableEnded) response.destroy();
}

/** Reports an error of a request. One with a status below 500 is an answer to the client, and is not reported. */
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
  request.server.reportError(error, message, requestFields(request), fault === Fault.SERVER);
}

/** The status of a Packetron error, else 500. Anything can be thrown, also things whose properties throw. */
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
