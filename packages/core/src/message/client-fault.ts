/**
 * Decides whether the client or the server caused the failure of a request. A handler fails when its client leaves or
 * sends a broken body. A client can do both at any rate, so such a failure does not stop the server, and is logged once
 * a second.
 */
import { isPacketronError } from "../errors/errors.ts";
import { errorCode, isError } from "../errors/narrow.ts";
import { limiterOf } from "../log/limiter.ts";
import { requestFields } from "../log/request-fields.ts";
import { isTimedOut } from "./client-signal.ts";
import type { PacketronRequest } from "./request.ts";

/** What caused a failure. */
export const Fault: {
  /** The server is at fault: the error is reported, and with STOP_ON_ERROR it stops this process. */
  readonly SERVER: "server";
  /**
   * The server is at fault, but the error came after the client had left, or after `handlerTimeout`: the error is
   * reported, and does not stop this process.
   */
  readonly AFTERWARDS: "afterwards";
  /** The client is at fault: it left, and the error says so. */
  readonly LEFT: "left";
  /**
   * The request had been refused before the handler failed: by the client's fault, or because of `handlerTimeout` and with
   * an error that says so.
   */
  readonly REFUSED: "refused";
  /**
   * File descriptors, memory or disk space are used up. Clients can cause this, and restarting the process does not
   * help.
   */
  readonly SHORTAGE: "shortage";
} = Object.freeze({
  SERVER: "server",
  AFTERWARDS: "afterwards",
  LEFT: "left",
  REFUSED: "refused",
  SHORTAGE: "shortage",
});

/** One of {@link Fault}. */
export type FaultOf = (typeof Fault)[keyof typeof Fault];

/** How many errors of a chain of causes are examined. */
const CAUSE_LIMIT = 8;

/**
 * Statuses that say that the request itself is refused. An error of the handler after such an answer is the client's
 * fault. After another status, such as a 404 of `sendFile()`, the error is the server's fault.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 408, 413, 415, 417, 431]);

/** Codes of the errors that Node's streams and sockets emit when the other end of the connection has closed. */
const END_CODES: ReadonlySet<string> = new Set([
  "ABORT_ERR",
  "ECONNABORTED",
  "ECONNRESET",
  "EPIPE",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_UNABLE_TO_PIPE",
]);

/**
 * Decides whose fault an error of a handler or gate is, as one of {@link Fault}. To be called before the failed request
 * is answered.
 */
export function judgeFailure(error: unknown, request: PacketronRequest): FaultOf {
  // Before the shortage: the reason of the aborted signal has the status 503.
  if (isTimedOut(request)) return isCausedByEnd(error, request) ? Fault.REFUSED : Fault.AFTERWARDS;
  if (isShortage(error)) return Fault.SHORTAGE;
  const { response } = request;
  if (response?.refused === true && REFUSALS.has(response.statusCode)) return Fault.REFUSED;
  return judgeUnrefused(error, request);
}

/** Decides whose fault an error of `onError()`'s handler is. Such a handler also answers requests that are refused. */
export function judgeErrorHandler(error: unknown, request: PacketronRequest): FaultOf {
  return isShortage(error) ? Fault.SHORTAGE : judgeUnrefused(error, request);
}

function judgeUnrefused(error: unknown, request: PacketronRequest): FaultOf {
  const { response } = request;
  if (!request.socket.destroyed || response?.writableFinished === true) return Fault.SERVER;
  return isCausedByEnd(error, request) ? Fault.LEFT : Fault.AFTERWARDS;
}

const MESSAGES = {
  left: "a request failed, because its client left",
  refused: "a request failed after it had been refused",
} as const;

/** Logs a failure that the client caused, without a stack: at most one line a second for each kind and server. */
export function logClientFault(
  error: unknown,
  request: PacketronRequest,
  fault: keyof typeof MESSAGES,
): void {
  const { server } = request;
  limiterOf(server)(`client-${fault}`, (leftOut) => {
    const { code, reason } = describe(error);
    server.log.warn({ ...requestFields(request), code, reason, leftOut }, MESSAGES[fault]);
  });
}

/** Whether a status says that a resource is used up: 503 (RFC 9110 section 15.6.4) or 507 (RFC 4918 section 11.5). */
function isShortage(error: unknown): boolean {
  try {
    return isPacketronError(error) && (error.status === 503 || error.status === 507);
  } catch {
    return false;
  }
}

/** Whether the error, or an error in its chain of causes, says that the connection of the request has closed. */
function isCausedByEnd(error: unknown, request: PacketronRequest): boolean {
  const reason: unknown = request.abortController?.signal.reason;
  try {
    let cause = error;
    for (let depth = 0; depth < CAUSE_LIMIT && cause !== undefined; depth++) {
      if (cause === reason || isEnd(cause)) return true;
      cause = isError(cause) ? cause.cause : undefined;
    }
  } catch {
    // Properties of a thrown value may throw.
  }
  return false;
}

function isEnd(error: unknown): boolean {
  if (!isError(error)) return false;
  const code = errorCode(error) ?? "";
  return error.name === "AbortError" || END_CODES.has(code) || code.startsWith("PKT_BODY_");
}

/** The code and the message of an error, for the log. The message is cut, because it can quote what the client sent. */
function describe(error: unknown): { readonly code: string | undefined; readonly reason: string } {
  try {
    return {
      code: errorCode(error),
      reason: (isError(error) ? error.message : typeof error).slice(0, 200),
    };
  } catch {
    return { code: undefined, reason: "an error that cannot be read" };
  }
}
