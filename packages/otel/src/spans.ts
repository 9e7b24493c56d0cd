/** The spans of the requests of one server. */
import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from "@opentelemetry/api";
import type { Around, PacketronRequest, PacketronRoute, SettledListener } from "@packetron/core";
import { field } from "@packetron/core/capability";
import { answerAttributes, requestAttributes, spanName } from "./attributes.ts";
import type { OtelSettings } from "./options.ts";

const getter: TextMapGetter<PacketronRequest> = {
  get: (request, name) => field(request, name.toLowerCase()),
  keys: (request) => Object.keys(request.headers),
};

/** Begins a span for each request, and ends it when the exchange is over. */
export class Spans {
  readonly #settings: OtelSettings;
  /** The program may register its SDK later: the API then passes the calls of this tracer on. */
  readonly #tracer = trace.getTracer("@packetron/otel");
  readonly #spans: WeakMap<PacketronRequest, Span> = new WeakMap();
  readonly #excluded: WeakSet<PacketronRoute> = new WeakSet();

  constructor(settings: OtelSettings) {
    this.#settings = settings;
  }

  /** Leaves the requests of a route out. */
  exclude(route: PacketronRoute): void {
    this.#excluded.add(route);
  }

  /** Runs a request in the context of its span. */
  readonly around: Around = (request, _response, next) => {
    if (this.#isSkipped(request)) return next();
    const parent = propagation.extract(context.active(), request, getter);
    const span = this.#begin(request, parent);
    this.#spans.set(request, span);
    return context.with(trace.setSpan(parent, span), () => follow(span, next));
  };

  /** Ends the span of a request. */
  readonly settled: SettledListener = (exchange) => {
    const { request, status } = exchange;
    const span = this.#spans.get(request);
    if (span === undefined) return;
    span.setAttributes(answerAttributes(exchange));
    span.updateName(spanName(request)); // a gate may have changed the URL, and with it the route
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };

  #isSkipped(request: PacketronRequest): boolean {
    const { route } = request;
    return (route !== null && this.#excluded.has(route)) || this.#settings.skip?.(request) === true;
  }

  #begin(request: PacketronRequest, parent: Context): Span {
    const options = { kind: SpanKind.SERVER, attributes: requestAttributes(request) };
    const span = this.#tracer.startSpan(spanName(request), options, parent);
    this.#settings.onSpan?.(span, request);
    return span;
  }
}

/** Runs the rest of a request, and records its error on the span. The error goes on to the server. */
function follow(span: Span, next: () => unknown): unknown {
  try {
    const result = next();
    if (result instanceof Promise) result.then(undefined, (error: unknown) => record(span, error));
    return result;
  } catch (error) {
    record(span, error);
    throw error;
  }
}

function record(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
}
