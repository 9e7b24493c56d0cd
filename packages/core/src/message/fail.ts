/** Answers requests whose handler or gate has failed, and connections without a request that can be answered. */
import type { Socket } from "node:net";
import type { ServerSettings } from "../config/options.ts";
import { errorCode } from "../errors/narrow.ts";
import { closingHead } from "./answer-head.ts";
import { judgeFailure } from "./client-fault.ts";
import { PROBLEM_TYPE, problemText } from "./problem.ts";
import { Refusal } from "./refusal.ts";
import { reportFailure, statusOf } from "./report-failure.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";

/**
 * Answers a request whose handler or gate failed, with the status of a Packetron error, else 500. Cuts an answer that
 * has begun, so that the client does not take it for complete. Reports the error, unless the client caused it. Never
 * throws.
 */
export function failRequest(error: unknown, request: PacketronRequest, response: PacketronResponse): void {
  // Core has refused the request while the handler was reading the body (413). The handler made no mistake.
  if (response.refused && isHeadersSent(error)) return;
  const fault = judgeFailure(error, request); // before the answer, which would count as a refusal
  if (!response.headersSent) new Refusal({ status: statusOf(error), error: () => error }).send(response);
  else if (!response.writableEnded && !response.awaitsErrorHandler) response.destroy();
  reportFailure(error, request, fault);
}

/**
 * Answers on a socket for which Node made no response object (after a parser error or CONNECT), and closes the socket.
 * Destroys a socket that cannot be written to.
 */
export function refuseSocket(
  socket: Socket,
  status: number,
  errorBodies: ServerSettings["errorBodies"],
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const text = errorBodies === "problem" ? problemText(status) : "";
  socket.end(closingHead(status, text === "" ? null : PROBLEM_TYPE, text.length) + text);
  socket.destroySoon();
}

function isHeadersSent(error: unknown): boolean {
  try {
    return errorCode(error) === "ERR_HTTP_HEADERS_SENT";
  } catch {
    return false;
  }
}
