/**
 * Answers a request whose gate or handler failed: with the program's error handler, or without one with the status
 * alone.
 */
import {
  endFailed,
  failRequest,
  reportErrorHandler,
  reportFailure,
  resetResponse,
  sendError,
  statusOf,
} from "../message/fail.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";

/** Answers a request whose handler or gate has failed; see `server.onError()`. */
export type ErrorHandler = (
  error: unknown,
  request: PacketronRequest,
  response: PacketronResponse,
) => unknown;

/** The handler of failed requests. */
export class FailureHandler {
  /** The handler that the program has set with `server.onError()`; without one, the answer has no body. */
  onError: ErrorHandler | null = null;

  /** Answers a failed request, now or later. Cuts an answer that has begun. Never throws. */
  handle(error: unknown, request: PacketronRequest, response: PacketronResponse): void {
    if (this.onError === null || response.headersSent || response.destroyed)
      return failRequest(error, request, response);
    const status = statusOf(error);
    reportFailure(error, request);
    resetResponse(response, status);
    callErrorHandler(this.onError, error, request, response).then(
      () => sendError(response, status),
      (second: unknown) => {
        reportErrorHandler(second, request);
        endFailed(response, status);
      },
    );
  }
}

/** Calls the program's error handler. Returns a promise in any case: a throw of the handler becomes a rejection. */
async function callErrorHandler(
  handler: ErrorHandler,
  error: unknown,
  request: PacketronRequest,
  response: PacketronResponse,
): Promise<void> {
  await handler(error, request, response);
}
