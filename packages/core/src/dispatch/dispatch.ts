/**
 * A request's way through the server, top to bottom: canonical path, route, server gates, route gates and handler.
 * Everything that can be decided before a request comes was decided when gates and routes were registered.
 */
import type { Gate } from "../capability/contract.ts";
import type { Resolver } from "../capability/registry.ts";
import { methodIndex, methodNames, PacketronRequestMethod } from "../http/methods.ts";
import { canonicalPath, UNREACHABLE } from "../http/path.ts";
import { requestFields } from "../log/request-fields.ts";
import { answerStatus } from "../message/answer.ts";
import { endFailed, failRequest, refuse, reportFailure, startOver, statusOf } from "../message/fail.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { isThenable } from "../node/thenable.ts";
import type { Stage } from "../routing/compose.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { Router } from "../routing/router.ts";
import { ServerGates } from "./server-gates.ts";

/** Answers after an unexpected error: `server.onError(handler)`. */
export type ErrorHandler = (
  error: unknown,
  request: PacketronRequest,
  response: PacketronResponse,
) => unknown;

/** A route or none; a promise of it from a resolver that has to look outside the process. */
type Found = ReturnType<Resolver>;

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** Dispatches the requests of one server. */
export class Dispatcher {
  /** Answers a path that nobody has: `server.onNotFound(handler)`. */
  notFound: Stage | null = null;
  /** Answers an unexpected error. */
  onError: ErrorHandler | null = null;

  readonly #router: Router;
  readonly #resolvers: readonly Resolver[];
  readonly #ignoreTrailingSlash: boolean;
  readonly #gates: ServerGates;

  constructor(router: Router, resolvers: readonly Resolver[], ignoreTrailingSlash: boolean) {
    this.#router = router;
    this.#resolvers = resolvers;
    this.#ignoreTrailingSlash = ignoreTrailingSlash;
    this.#gates = new ServerGates(
      (request, response, next) => this.#locate(request, response, next),
      (request, response) => this.#answer(request, response),
    );
  }

  /** Answers one request; never throws. */
  dispatch(request: PacketronRequest, response: PacketronResponse): void {
    request.response = response;
    try {
      const result = this.#locate(request, response, this.#gates.run);
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.fail(error, request, response));
    } catch (error) {
      this.fail(error, request, response);
    }
  }

  /** Adds a gate for every request; returns its removal. Requests under way keep the gates they started with. */
  addGate(order: number, gate: Gate): () => void {
    return this.#gates.add(order, gate);
  }

  /** The gates of every request, in the order in which they run. */
  get gates(): readonly { readonly order: number; readonly gate: Gate }[] {
    return this.#gates.list;
  }

  /** Sets path, route and params of the request, and goes on: at once, unless a resolver has to look first. */
  #locate(request: PacketronRequest, response: PacketronResponse, next: Stage): unknown {
    const path = canonicalPath(request.url ?? "");
    request.routedUrl = request.url;
    request.route = null;
    request.params = NO_PARAMS;
    if (path === null) {
      // OPTIONS *, RFC 9110 section 9.3.7; the wire guard refuses it for other methods
      if (request.url !== "*") return refuse(response, 400);
      request.path = "*";
      return next(request, response);
    }
    request.path =
      this.#ignoreTrailingSlash && path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
    const found = this.#find(methodIndex(request.method), request.path, request);
    if (found instanceof Promise) {
      return found.then((route) => {
        request.route = route ?? null;
        return next(request, response);
      });
    }
    request.route = found ?? null;
    return next(request, response);
  }

  #find(method: number, path: string, request: PacketronRequest): Found {
    if (path === UNREACHABLE) return undefined;
    const route = this.#router.find(method, path, request) ?? this.#findRest(method, path, request);
    return route ?? (this.#resolvers.length === 0 ? undefined : this.#resolve(method, path));
  }

  /** `files/*` takes `/files/`, and so `/files` where the trailing slash makes no difference. */
  #findRest(method: number, path: string, request: PacketronRequest): PacketronRoute | undefined {
    return this.#ignoreTrailingSlash && path !== "/"
      ? this.#router.find(method, `${path}/`, request)
      : undefined;
  }

  #resolve(method: number, path: string, first = 0): Found {
    for (let index = first; index < this.#resolvers.length; index++) {
      const route = this.#resolvers[index]?.(method, path);
      if (route instanceof Promise)
        return route.then((found) => found ?? this.#resolve(method, path, index + 1));
      if (route !== undefined) return route;
    }
    return method === PacketronRequestMethod.HEAD
      ? this.#resolve(PacketronRequestMethod.GET, path)
      : undefined;
  }

  #answer(request: PacketronRequest, response: PacketronResponse): unknown {
    const { route } = request;
    return route === null ? this.#answerMiss(request, response) : route.run(request, response);
  }

  /** RFC 9110: 204 with Allow for OPTIONS (9.3.7), 405 with Allow for a known path (15.5.6), else 404. */
  #answerMiss(request: PacketronRequest, response: PacketronResponse): unknown {
    const allowed = request.url === "*" ? methodNames : this.#allowedMethods(request);
    return allowed instanceof Promise
      ? allowed.then((names) => this.#answerAllowed(names, request, response))
      : this.#answerAllowed(allowed, request, response);
  }

  #answerAllowed(
    allowed: readonly string[],
    request: PacketronRequest,
    response: PacketronResponse,
  ): unknown {
    if (allowed.length === 0) {
      if (this.notFound === null) return refuse(response, 404);
      response.statusCode = 404;
      return this.notFound(request, response);
    }
    const allow = { Allow: allowed.join(", ") };
    if (request.method !== "OPTIONS") return refuse(response, 405, allow);
    response.setHeader("Allow", allow.Allow);
    return answerStatus(response, 204);
  }

  #allowedMethods(request: PacketronRequest): string[] | Promise<string[]> {
    const { params } = request;
    const found = methodNames.map((_, method) => this.#find(method, request.path, request));
    request.params = params;
    return found.some((route) => route instanceof Promise)
      ? Promise.all(found).then(namesOfMethods)
      : namesOfMethods(found);
  }

  /** Answers a request that failed: with the user's error handler if there is one, else with the status alone. */
  fail(error: unknown, request: PacketronRequest, response: PacketronResponse): void {
    if (this.onError === null || response.headersSent || response.destroyed)
      return failRequest(error, request, response);
    const status = statusOf(error);
    reportFailure(error, request);
    startOver(response, status);
    this.#askErrorHandler(this.onError, error, request, response).then(
      () => refuse(response, status),
      (second: unknown) => {
        request.server.reportError(second, "the error handler failed", requestFields(request));
        endFailed(response, status);
      },
    );
  }

  async #askErrorHandler(
    handler: ErrorHandler,
    error: unknown,
    request: PacketronRequest,
    response: PacketronResponse,
  ): Promise<void> {
    await handler(error, request, response);
  }
}

/** The methods of the routes that there are, in the order of the methods; OPTIONS too, which every path answers. */
function namesOfMethods(routes: readonly Found[]): string[] {
  const allowed = methodNames.filter((_, method) => routes[method] !== undefined);
  return allowed.length === 0 || allowed.includes("OPTIONS") ? allowed : [...allowed, "OPTIONS"];
}
