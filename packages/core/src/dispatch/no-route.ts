/**
 * Answers a request without a route. If the path has routes for other methods, OPTIONS gets 204 (RFC 9110 section
 * 9.3.7) and any other method gets 405 (section 15.5.6). Otherwise the answer is 404.
 */

import { methodNames } from "../http/methods.ts";
import { answerStatus } from "../message/answer.ts";
import { sendError } from "../message/fail.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { Handler } from "../routing/route-options.ts";
import type { RouteLocator } from "./route-locator.ts";

/** The handler of requests without a route. */
export class NoRouteHandler {
  /** The handler that the program has set with `server.onNotFound()`; without one, the answer is an empty 404. */
  notFound: Handler | null = null;
  readonly #locator: RouteLocator;

  constructor(locator: RouteLocator) {
    this.#locator = locator;
  }

  /** Answers a request. Returns a promise when a resolver or the program's handler works asynchronously. */
  handle(request: PacketronRequest, response: PacketronResponse): unknown {
    const allowed = request.url === "*" ? methodNames : this.#locator.methodsOf(request);
    return allowed instanceof Promise
      ? allowed.then((names) => this.#answer(names, request, response))
      : this.#answer(allowed, request, response);
  }

  #answer(allowed: readonly string[], request: PacketronRequest, response: PacketronResponse): unknown {
    if (allowed.length === 0) {
      if (this.notFound === null) return sendError(response, 404);
      response.statusCode = 404;
      return this.notFound(request, response);
    }
    const allow = { Allow: allowed.join(", ") };
    if (request.method !== "OPTIONS") return sendError(response, 405, allow);
    response.setHeader("Allow", allow.Allow);
    return answerStatus(response, 204);
  }
}
