/**
 * Answers a request without a route. If the path has routes for other methods, OPTIONS gets 204 (RFC 9110 section
 * 9.3.7) and any other method gets 405 (section 15.5.6). Otherwise the answer is 404.
 */

import { coreError } from "../errors/errors.ts";
import { methodNames } from "../http/methods.ts";
import { answerStatus } from "../message/answer.ts";
import { prepareRefusal, refuse } from "../message/refusal.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { Handler } from "../routing/route-options.ts";
import type { RouteLocator } from "./route-locator.ts";

/** The handler of requests without a route. */
export class NoRouteHandler {
  /** The handler that the program has set with `server.onNotFound()`; without one, the request is refused with 404. */
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
      if (this.notFound === null) return refuseNotFound(response);
      response.statusCode = 404;
      return this.notFound(request, response);
    }
    const allow = allowed.join(", ");
    if (request.method !== "OPTIONS") {
      const { method = "", path } = request;
      const error = coreError("PKT_REQUEST_METHOD", { method, path, allow });
      return refuse(response, error, { Allow: allow });
    }
    response.setHeader("Allow", allow);
    return answerStatus(response, 204);
  }
}

const refuseNotFound = prepareRefusal({
  status: 404,
  error: ({ method = "", url = "" }) => {
    const [path = ""] = url.split("?", 1); // logs may show the message, and a query can hold a secret
    return coreError("PKT_REQUEST_NOT_FOUND", { method, path });
  },
});
