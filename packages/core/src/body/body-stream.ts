/**
 * The bytes of one request's body. Node's parser pushes each chunk to the request, which passes it on to this class.
 * The class counts the bytes and applies the cap of the route. While core reads the body, chunks go straight to a sink,
 * without the buffers and events of Node's stream.
 */
import type { IncomingMessage } from "node:http";
import { coreError, type PacketronError } from "../errors/errors.ts";
import { http } from "../node/http.ts";

/**
 * Takes the bytes of one body. `end()` or `fail()` is the last call, and is made once. After {@link BodyStream.stop}
 * neither is called.
 */
export interface BodySink {
  /** How many bytes may arrive over the wire. */
  readonly wireLimit: number;
  /** Takes a chunk. Returns `false` to ask for a pause until {@link BodyStream.resume}. */
  write(chunk: Buffer): boolean;
  /** Called when the body is complete. */
  end(): void;
  /** Called when the rest will not arrive: the client has left, or the body is too large. */
  fail(error: PacketronError): void;
}

/** The members of a request that {@link BodyStream} uses. */
export interface BodyRequest extends IncomingMessage {
  /** The request's {@link BodyStream}; `null` until a byte of the body arrives or code begins to read the body. */
  bodyStream: BodyStream | null;
  /** The route that answers. Its `streamLimit` caps, in bytes, a body that code reads as a Node stream. */
  readonly route: { readonly streamLimit: number } | null;
  readonly response: { readonly writableEnded: boolean; readonly refused: boolean } | null;
  /** Whether the whole body has arrived while Node's stream has not been told of the end yet. */
  readonly isEndPending: boolean;
  /** Whether core has read the body. Node's stream then ends at once. */
  isRead: boolean;
  /** Answers 413, unless an answer has begun. `limit` is the cap in bytes. */
  sendTooLarge(error: PacketronError, limit: number): void;
}

/**
 * Node's own methods. Requests override some of them to notice code that uses the stream, which core's calls must not.
 */
const { prototype: node } = http.IncomingMessage;

/** Returns the stream of a request's body. Makes it on first use. */
export function bodyStreamOf(request: BodyRequest): BodyStream {
  request.bodyStream ??= new BodyStream(request);
  return request.bodyStream;
}

/** Counts the bytes of a body, and passes them to a sink or to Node's stream. */
export class BodyStream {
  /** How many bytes have arrived over the wire. */
  received = 0;
  /** PKT_BODY_TOO_LARGE, once the body has exceeded its cap. */
  overflow: PacketronError | null = null;
  /** The sink that gets the body while core reads it. */
  sink: BodySink | null = null;
  readonly #request: BodyRequest;

  constructor(request: BodyRequest) {
    this.#request = request;
  }

  /** Takes a chunk. Returns `null` if Node's stream is to get it, else whether the parser may go on. */
  take(chunk: Buffer): boolean | null {
    const { sink } = this;
    this.received += chunk.length;
    // After a 413 the connection closes soon. Until then the chunks are dropped and the upload is not paused, because a
    // paused client might not read the 413 before it could send.
    if (this.isRefused) return true;
    const { response, route } = this.#request;
    // After the answer, Node's stream gets the rest: core limits how much of an unread body it takes, and for how long.
    if (sink === null && (this.overflow !== null || response?.writableEnded === true)) return null;
    const limit = sink === null ? (route?.streamLimit ?? Number.POSITIVE_INFINITY) : sink.wireLimit;
    if (this.received > limit) {
      this.refuse(limit);
      return true;
    }
    return sink === null ? null : sink.write(chunk);
  }

  /** Passes the body to a sink from now on, beginning with the bytes that have arrived already. */
  start(sink: BodySink): void {
    const request = this.#request;
    this.sink = sink;
    if (this.received > sink.wireLimit) {
      this.refuse(sink.wireLimit);
      return;
    }
    const { complete } = request; // if true, the end of the body has arrived, too, and Node's parser pushes no more
    if (request.readableLength > 0) this.#drainInto(sink);
    if (complete) this.end(sink);
    else request._read(0);
  }

  /**
   * Stops passing chunks to a sink that wants no more. The rest of the body goes to Node's stream, like a body that no
   * code reads.
   */
  stop(sink: BodySink): void {
    if (this.sink === sink) this.sink = null;
  }

  /** Lets the client's upload continue, after the sink's `write()` has returned `false`. */
  resume(): void {
    node._read.call(this.#request, 0);
  }

  /** Ends a sink and Node's stream. Node uses the connection for the next request only when the stream has ended. */
  end(sink: BodySink): void {
    const request = this.#request;
    this.sink = null;
    request.isRead = true;
    if (!request.isEndPending) node.resume.call(request);
    sink.end();
  }

  /**
   * Refuses a body that is larger than its cap. The client gets 413 at once, the reader of the body PKT_BODY_TOO_LARGE,
   * and the rest is dropped.
   *
   * @param limit The cap, in bytes.
   */
  refuse(limit: number): PacketronError {
    if (this.overflow !== null) return this.overflow;
    const error = coreError("PKT_BODY_TOO_LARGE", { limit });
    const { sink } = this;
    this.overflow = error;
    this.sink = null;
    this.#request.sendTooLarge(error, limit);
    if (sink !== null) sink.fail(error);
    else if (!this.#request.complete) this.#request.destroy(error);
    return error;
  }

  /** Fails the sink with PKT_BODY_ABORTED, because the request ends before its body is complete. */
  abort(): void {
    const { sink } = this;
    this.sink = null;
    sink?.fail(coreError("PKT_BODY_ABORTED", { received: this.received }));
  }

  /** Whether core has answered 413 because of this body. */
  get isRefused(): boolean {
    return this.overflow !== null && this.#request.response?.refused === true;
  }

  #drainInto(sink: BodySink): void {
    const request = this.#request;
    for (let chunk: unknown = node.read.call(request); chunk !== null; chunk = node.read.call(request)) {
      // After setEncoding() the chunks are strings.
      sink.write(
        Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), request.readableEncoding ?? "utf8"),
      );
    }
  }
}
