/** Answers a request whose gate or handler failed: with the program's error handler if there is one, else with the status. */
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

/** Answers after an unexpected error: `server.onError(handler)`. */
export type ErrorHandler = (
  error: unknown,
  request: PacketronRequest,
  response: PacketronResponse,
) => unknown;

/** The handler of failed requests. */
export class FailureHandler {
  /** Answers instead of an empty 500: `server.onError(handler)`. */
  onError: ErrorHandler | null = null;

  /** Answers a failed request, now or later; cuts an answer that has begun. Never throws. */
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

/** Turns a throw into a rejection. */
async function callErrorHandler(
  handler: ErrorHandler,
  error: unknown,
  request: PacketronRequest,
  response: PacketronResponse,
): Promise<void> {
  await handler(error, request, response);
}
