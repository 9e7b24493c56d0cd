/**
 * The bytes of one request's body. Node's parser hands each chunk to the request, which asks this class: it counts the
 * chunk and holds the body to the cap of its route. While core reads the body, chunks go straight to a sink instead of
 * through the buffers and events of a stream.
 */
import type { IncomingMessage } from "node:http";
import { coreError, type PacketronError } from "../errors/errors.ts";
import { http } from "../node/http.ts";

/** Takes the bytes of one body. After `end` or `fail`, which is called once, nothing more is called. */
export interface BodySink {
  /** How many bytes may arrive over the wire. */
  readonly wireLimit: number;
  /** Takes a chunk; `false` asks for a pause until {@link BodyStream.resume}. */
  write(chunk: Buffer): boolean;
  /** The body is complete. */
  end(): void;
  /** The rest will not arrive: the client has left, or the body is too large. */
  fail(error: PacketronError): void;
}

/** The request of a body. */
export interface BodyRequest extends IncomingMessage {
  /** Made with the first byte, or by the first reader. */
  bodyStream: BodyStream | null;
  /** The route that answers; its cap holds for bodies that Node's stream gets. */
  readonly route: { readonly streamLimit: number } | null;
  readonly response: { readonly writableEnded: boolean; readonly refused: boolean } | null;
  /** Whether the end of the body has arrived, and Node's stream has not been told. */
  readonly isEndPending: boolean;
  /** Set when core has read the body, so that Node's stream has nothing to wait for. */
  isRead: boolean;
  /** Answers 413, unless an answer has begun. */
  sendTooLarge(): void;
}

/** Node's own methods: direct exchanges override some of them to notice users of the stream. */
const { prototype: node } = http.IncomingMessage;

/** The stream of a request's body; made on first use. */
export function bodyStreamOf(request: BodyRequest): BodyStream {
  request.bodyStream ??= new BodyStream(request);
  return request.bodyStream;
}

/** Counts the bytes of a body, and gives them to a sink or to Node's stream. */
export class BodyStream {
  /** Bytes that have arrived over the wire. */
  received = 0;
  /** Why the body was refused while it arrived: PKT_BODY_TOO_LARGE. */
  overflow: PacketronError | null = null;
  /** Where the body goes while core reads it. */
  sink: BodySink | null = null;
  readonly #request: BodyRequest;

  constructor(request: BodyRequest) {
    this.#request = request;
  }

  /** Takes a chunk. Returns `null` for one that Node's stream is to get, else whether more is wanted now. */
  take(chunk: Buffer): boolean | null {
    const { sink } = this;
    this.received += chunk.length;
    // The connection of a 413 is about to be closed: until then a pause would keep the client from reading its answer.
    if (this.isRefused) return true;
    const { response, route } = this.#request;
    // After an answer, the rest is an unread body like any other, with limits of its own.
    if (sink === null && (this.overflow !== null || response?.writableEnded === true)) return null;
    const limit = sink === null ? (route?.streamLimit ?? Number.POSITIVE_INFINITY) : sink.wireLimit;
    if (this.received > limit) {
      this.refuse(limit);
      return true;
    }
    return sink === null ? null : sink.write(chunk);
  }

  /** Sends the body to a sink from here on, beginning with what has arrived already. */
  start(sink: BodySink): void {
    const request = this.#request;
    this.sink = sink;
    if (this.received > sink.wireLimit) {
      this.refuse(sink.wireLimit);
      return;
    }
    const { complete } = request; // then the end is in the stream's buffer too, and no push will follow
    if (request.readableLength > 0) this.#drainInto(sink);
    if (complete) this.end(sink);
    else request._read(0);
  }

  /** Stops sending to a sink that wants no more: the rest is an unread body like any other. */
  stop(sink: BodySink): void {
    if (this.sink === sink) this.sink = null;
  }

  /** Goes on after a `write` that gave `false`. */
  resume(): void {
    node._read.call(this.#request, 0);
  }

  /** Ends a sink, and lets Node's stream end and close like one that was read: Node's state of the connection needs it. */
  end(sink: BodySink): void {
    const request = this.#request;
    this.sink = null;
    request.isRead = true;
    if (!request.isEndPending) node.resume.call(request);
    sink.end();
  }

  /**
   * Gives up a body that is larger than its cap: the client gets 413 at once, the reader of the body PKT_BODY_TOO_LARGE,
   * and the rest is dropped.
   */
  refuse(limit: number): PacketronError {
    if (this.overflow !== null) return this.overflow;
    const error = coreError("PKT_BODY_TOO_LARGE", { limit });
    const { sink } = this;
    this.overflow = error;
    this.sink = null;
    this.#request.sendTooLarge();
    if (sink !== null) sink.fail(error);
    else if (!this.#request.complete) this.#request.destroy(error);
    return error;
  }

  /** Fails the sink of a request that ends early. */
  abort(): void {
    const { sink } = this;
    this.sink = null;
    sink?.fail(coreError("PKT_BODY_ABORTED", { received: this.received }));
  }

  /** Whether 413 is the answer because of this body. */
  get isRefused(): boolean {
    return this.overflow !== null && this.#request.response?.refused === true;
  }

  #drainInto(sink: BodySink): void {
    const request = this.#request;
    for (let chunk: unknown = node.read.call(request); chunk !== null; chunk = node.read.call(request)) {
      // After setEncoding() they are strings.
      sink.write(
        Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), request.readableEncoding ?? "utf8"),
      );
    }
  }
}
