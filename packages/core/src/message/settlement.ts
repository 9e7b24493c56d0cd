/** Reports each exchange (one request and its answer) once, when it is over, to the listeners of `host.settled()`. */
import { isThenable } from "../node/thenable.ts";
import { hasContent } from "./answer-head.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";
import type { TracedRequest } from "./traces.ts";

/** An exchange that is over: what metrics, access logs and traces need. */
export interface SettledExchange {
  /** The request. Its `response` is the response. */
  readonly request: PacketronRequest;
  /** The path or pattern of the route that answered, such as `"/users/:id"`; `undefined` for a request without one. */
  readonly route: string | undefined;
  /** The method that the client sent. */
  readonly method: string;
  /** The status of the answer; 0 when the connection closed before an answer began. */
  readonly status: number;
  /** The bytes of the request's body that have arrived, before content codings are removed. */
  readonly bytesIn: number;
  /**
   * The bytes of the answer's body. For an answer of unknown length, the framing of its chunks is included. For an
   * aborted answer, these are the bytes that were given to the connection; not all of them may have left.
   */
  readonly bytesOut: number;
  /** From the complete head of the request until the system had taken the whole answer, in milliseconds. */
  readonly duration: number;
  /** Whether the connection closed before the whole answer was written: the client has left, or the answer was cut. */
  readonly aborted: boolean;
}

/** Gets each exchange that is over. Core awaits no promise of a listener, but logs its rejection. */
export type SettledListener = (exchange: SettledExchange) => unknown;

// Each use of the global is a call of a getter. A test may later replace it with a fake clock.
const { performance } = globalThis;

/** The listeners of one server, and the two ends of each of its exchanges. */
export class Settlement {
  /** Whether there are listeners or traces. Callers look at it first: without them an exchange costs this comparison. */
  isUsed = false;
  #listeners: readonly SettledListener[] = [];
  #isTraced = false;
  readonly #report: (error: unknown, request: PacketronRequest) => void;

  /** @param report Gets the error of a listener, which must reach neither the client nor the handler that answered. */
  constructor(report: (error: unknown, request: PacketronRequest) => void) {
    this.#report = report;
  }

  /** Adds a listener. Returns a function that removes it; a second call does nothing. */
  add(listen: SettledListener): () => void {
    const entry: SettledListener = (exchange) => listen(exchange);
    this.#set([...this.#listeners, entry]);
    return () => this.#set(this.#listeners.filter((other) => other !== entry));
  }

  /** Gives an exchange a trace, which gets the end of it. From the first trace on, each exchange is followed. */
  trace(response: PacketronResponse, trace: TracedRequest): void {
    response.trace = trace;
    this.#isTraced = true;
    this.isUsed = true;
    this.begin(response);
  }

  /** Records that an exchange begins. A second call, when Node gets the exchange, does nothing. */
  begin(response: PacketronResponse): void {
    response.startedAt ??= performance.now();
  }

  /**
   * Reports an exchange. A second call for the same exchange does nothing, nor does a call for an exchange that began
   * before there was a listener.
   */
  end(response: PacketronResponse, bytesOut: number, aborted: boolean): void {
    const { req: request, startedAt } = response;
    if (!startedAt) return;
    response.startedAt = 0;
    const exchange: SettledExchange = {
      request,
      route: request.route?.path,
      method: request.method ?? "",
      status: aborted && !response.headersSent ? 0 : response.statusCode,
      bytesIn: request.bodyStream === null ? 0 : request.bodyStream.received,
      bytesOut,
      duration: performance.now() - startedAt,
      aborted,
    };
    for (const listen of this.#listeners) this.#call(listen, exchange);
    if (response.trace) response.trace.finish(exchange);
  }

  #call(listen: SettledListener, exchange: SettledExchange): void {
    try {
      const result = listen(exchange);
      if (result !== undefined && isThenable(result))
        result.then(undefined, (error: unknown) => this.#report(error, exchange.request));
    } catch (error) {
      this.#report(error, exchange.request);
    }
  }

  #set(listeners: readonly SettledListener[]): void {
    this.#listeners = listeners;
    this.isUsed = this.#isTraced || listeners.length > 0;
  }
}

const LENGTH = /\r\nContent-Length: *(\d+)/i;

/**
 * The bytes of the body of an answer that Node has written.
 *
 * @param written The bytes that the connection has taken for this answer, its head included.
 */
export function bodyBytes(response: PacketronResponse, written: number, aborted: boolean): number {
  const head: unknown = Reflect.get(response, "_header");
  if (typeof head !== "string" || response.req.method === "HEAD" || !hasContent(response.statusCode))
    return 0;
  const [, length] = aborted ? [] : (LENGTH.exec(head) ?? []);
  return length === undefined ? Math.max(written - head.length, 0) : Number(length);
}
