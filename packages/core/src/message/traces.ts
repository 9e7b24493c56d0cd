/**
 * What the tracing channels `packetron:request` and `packetron:handler` publish; `body/read.ts` has `packetron:body`.
 * The channels are those of `diagnostics_channel.tracingChannel()`.
 */
import { TracingPoint } from "../node/tracing.ts";
import type { Handler } from "../routing/route-options.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";
import type { SettledExchange } from "./settlement.ts";

/** What the channels of `packetron:request` publish. `asyncEnd` comes once for each request, when it is over. */
export interface RequestTrace {
  readonly request: PacketronRequest;
  readonly response: PacketronResponse;
  /** The exchange, once it is over: at `asyncStart` and `asyncEnd`. */
  readonly exchange: SettledExchange | undefined;
  /** The error of a gate or the handler that made the answer a failure. */
  error?: unknown;
}

/** What the channels of `packetron:handler` publish. `asyncEnd` comes only for a handler that returns a promise. */
export interface HandlerTrace {
  readonly request: PacketronRequest;
  readonly response: PacketronResponse;
  /** The error of the handler. */
  error?: unknown;
}

/** The channels of requests. */
export const requestPoint: TracingPoint<RequestTrace> = new TracingPoint("packetron:request");

/** The channels of handlers. */
export const handlerPoint: TracingPoint<HandlerTrace> = new TracingPoint("packetron:handler");

/** The trace of one request. */
export class TracedRequest implements RequestTrace {
  readonly request: PacketronRequest;
  readonly response: PacketronResponse;
  exchange: SettledExchange | undefined = undefined;
  error: unknown = undefined;
  #isDispatching = true;

  constructor(request: PacketronRequest, response: PacketronResponse) {
    this.request = request;
    this.response = response;
  }

  /** Dispatches the request in the stores of the channel. */
  run(dispatch: () => void): void {
    requestPoint.run(this, dispatch);
    this.#isDispatching = false;
    if (this.exchange !== undefined) requestPoint.finish(this);
  }

  /** Publishes the end. An answer that is written while the handler runs ends the request before `end` is published. */
  finish(exchange: SettledExchange): void {
    this.exchange = exchange;
    if (!this.#isDispatching) requestPoint.finish(this);
  }
}

/** Wraps a handler for requests that are traced. */
export function traceHandler(handler: Handler): Handler {
  return (request, response) => handlerPoint.trace({ request, response }, () => handler(request, response));
}
