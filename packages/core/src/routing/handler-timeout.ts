/**
 * Ends requests whose handler takes too long. One timer checks all of them: a timer for each request would cost more than
 * a small answer.
 */
import { AsyncResource } from "node:async_hooks";
import { coreError } from "../errors/errors.ts";
import { limiterOf } from "../log/limiter.ts";
import { requestFields } from "../log/request-fields.ts";
import { abortWith } from "../message/client-signal.ts";
import { refuse } from "../message/refusal.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { Handler } from "./route-options.ts";

/** A request whose handler has not answered. */
interface Pending {
  readonly request: PacketronRequest;
  readonly response: PacketronResponse;
  readonly timeout: number;
  /** When the first gate ran, or when the body was last seen arriving, by `performance.now()`. */
  since: number;
}

/** How many checks are made during the shortest timeout. A request ends up to one check interval late. */
const CHECKS_PER_TIMEOUT = 20;

/** The limits of the check interval, in milliseconds. */
const [SHORTEST, LONGEST] = [10, 1_000];

/** Ends the requests of one server whose handler takes longer than the `handlerTimeout` of its route. */
export class HandlerTimeouts {
  readonly #pending = new Set<Pending>();
  #interval = LONGEST;
  #timer: NodeJS.Timeout | undefined;
  /** The async context of the timer, which must not be that of the request that happens to start the timer. */
  #context: AsyncResource | undefined;

  /**
   * Limits the time of a route.
   *
   * @param timeout The time that gates and handler have, in milliseconds, above 0.
   * @param run The gates and the handler.
   */
  limit(timeout: number, run: Handler): Handler {
    this.#context ??= new AsyncResource("PacketronHandlerTimeouts");
    const interval = Math.max(Math.ceil(timeout / CHECKS_PER_TIMEOUT), SHORTEST);
    if (interval < this.#interval) {
      this.#interval = interval;
      this.#stop(); // the next request starts it with the new interval
    }
    return (request, response) => {
      const since = performance.now();
      const result = run(request, response);
      if (!response.writableEnded) this.#watch({ request, response, timeout, since }, result);
      return result;
    };
  }

  /** Watches a request. If the handler's promise settles after the answer, the request is released at once. */
  #watch(pending: Pending, result: unknown): void {
    this.#pending.add(pending);
    this.#start();
    // The then() of other thenables is not called again: that of a query builder would run the query a second time.
    if (!(result instanceof Promise)) return;
    const release = (): void => {
      if (isOver(pending)) this.#pending.delete(pending);
    };
    result.then(release, release);
  }

  #start(): void {
    this.#timer ??= this.#context?.runInAsyncScope(() =>
      setInterval(() => this.#check(), this.#interval).unref(),
    );
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const now = performance.now();
    for (const pending of this.#pending) {
      if (isOver(pending)) this.#pending.delete(pending);
      else if (awaitsBody(pending.request)) pending.since = now;
      else if (now - pending.since >= pending.timeout) {
        this.#pending.delete(pending);
        expire(pending);
      }
    }
    if (this.#pending.size === 0) this.#stop();
    else this.#start(); // a route with a shorter timeout has stopped the timer
  }
}

/** Whether the request is answered, its client has left, or its socket was handed over to another protocol. */
function isOver({ response }: Pending): boolean {
  return response.writableEnded || response.destroyed || (response.refused && !response.awaitsErrorHandler);
}

/**
 * Whether the server waits for the client's body. It does not when the client waits for the handler to read: for
 * `100 Continue`, or because Node's buffer is full.
 */
function awaitsBody(request: PacketronRequest): boolean {
  if (request.complete || request.expectsContinue) return false;
  return request.readableLength < request.readableHighWaterMark;
}

/** Answers 503, or cuts an answer that has begun, and aborts the handler's work. */
function expire({ request, response, timeout }: Pending): void {
  const { route, server } = request;
  const error = coreError("PKT_HANDLER_TIMEOUT", { route: String(route), timeout });
  if (response.headersSent)
    response.destroy(); // so that the client does not take the answer for complete
  else refuse(response, error);
  abortWith(request, error);
  limiterOf(server)("handler-timeout", (leftOut) => {
    const { code, message } = error;
    server.log.warn({ ...requestFields(request), code, leftOut }, message);
  });
}
