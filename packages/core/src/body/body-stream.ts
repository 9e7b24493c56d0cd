/**
 * Where body bytes come from. Node's parser hands each chunk to `push`; this class counts it, and while core reads the
 * body it goes straight to a sink instead of through the buffers and events of a stream.
 */
import { coreError, type PacketronError } from "../errors/errors.ts";
import { ClientSignal } from "../message/client-signal.ts";
import { refuse } from "../message/fail.ts";
import type { PacketronRoute } from "../routing/route.ts";

/** Takes the bytes of one body. After `end` or `fail`, which come once, nothing more comes. */
export interface BodySink {
  /** How many bytes may come over the wire. */
  readonly wireLimit: number;
  /** Takes a chunk; `false` asks for a pause until `resumeBody()`. */
  write(chunk: Buffer): boolean;
  /** The body is complete. */
  end(): void;
  /** The rest will not come: the client is gone, or the body is too large. */
  fail(error: PacketronError): void;
}

/** An incoming message whose body can be sent to a sink and is held to the cap of its route. */
export class BodySource extends ClientSignal {
  /** The route that answers, `null` for a 404 or 405. */
  route: PacketronRoute | null = null;
  /** Whether the client waits for `100 Continue` before it sends the body. @internal */
  expectsContinue = false;
  #sink: BodySink | null = null;
  #received = 0;
  #overflow: PacketronError | null = null;

  /** Bytes of the body that have come over the wire. @internal */
  get received(): number {
    return this.#received;
  }

  /** Why the body was refused while it came in: PKT_BODY_TOO_LARGE. @internal */
  get overflow(): PacketronError | null {
    return this.#overflow;
  }

  /** Whether core is reading the body; a stream does not show it. @internal */
  get collected(): boolean {
    return this.#sink !== null;
  }

  /** Sends the body to a sink from here on; what has come already goes first. @internal */
  startBody(sink: BodySink): void {
    this.#sink = sink;
    if (this.#received > sink.wireLimit) {
      this.refuseBody(sink.wireLimit);
      return;
    }
    const complete = this.complete; // then the end is in the stream's buffer too, and no push will tell it
    if (this.readableLength > 0) this.#drainInto(sink);
    if (complete) this.#endBody(sink);
    else this._read(0);
  }

  /** The sink wants no more; what still comes is an unread body like any other. @internal */
  stopBody(sink: BodySink): void {
    if (this.#sink === sink) this.#sink = null;
  }

  /** Goes on after a `write` that gave `false`. @internal */
  resumeBody(): void {
    super._read(0);
  }

  /**
   * Gives up a body that is larger than its cap: the client gets 413 at once, whoever reads the body gets
   * PKT_BODY_TOO_LARGE, and the rest is nobody's. @internal
   */
  refuseBody(limit: number): PacketronError {
    if (this.#overflow !== null) return this.#overflow;
    const error = coreError("PKT_BODY_TOO_LARGE", { limit });
    const sink = this.#sink;
    this.#overflow = error;
    this.#sink = null;
    if (this.response !== null) refuse(this.response, 413);
    if (sink !== null) sink.fail(error);
    else if (!this.complete) super.destroy(error);
    return error;
  }

  /** Called by Node's parser for each chunk of the body, and with `null` at its end. @internal */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null) {
      const reader = this.#sink;
      const more = super.push(null);
      if (reader !== null) this.#endBody(reader);
      return more;
    }
    if (!Buffer.isBuffer(chunk)) return super.push(chunk, encoding);
    const sink = this.#sink;
    this.#received += chunk.length;
    // The connection of a 413 is about to be closed: until then a pause would keep the client from reading its answer.
    if (this.#isRefused) return true;
    // Behind an answer, the rest is an unread body like any other, with limits of its own.
    const over = this.#overflow !== null || this.response?.writableEnded === true;
    if (sink === null && over) return super.push(chunk);
    const limit = sink === null ? (this.route?.streamLimit ?? Number.POSITIVE_INFINITY) : sink.wireLimit;
    if (this.#received > limit) {
      this.refuseBody(limit);
      return true;
    }
    if (sink === null) return super.push(chunk);
    return sink.write(chunk);
  }

  /** The first read, whoever makes it, tells a client that waits to send its body (RFC 9110 section 10.1.1). @internal */
  override _read(size: number): void {
    if (this.expectsContinue) {
      this.expectsContinue = false;
      if (this.response?.headersSent === false) this.response.writeContinue();
    }
    super._read(size);
  }

  /** Whatever ends the request early ends the reading of its body. */
  override destroy(error?: Error): this {
    super.destroy(error);
    const sink = this.#sink;
    this.#sink = null;
    if (sink !== null) sink.fail(coreError("PKT_BODY_ABORTED", { received: this.#received }));
    return this;
  }

  /**
   * After a 413 the reader of the stream is told, but the connection stays: Node would cut it, and the answer that is
   * on its way would be lost. An answer that had begun before is cut, so that nobody takes it for whole. @internal
   */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#isRefused) callback(this.listenerCount("error") > 0 ? error : null);
    else super._destroy(error, callback);
  }

  /** Whether 413 is the answer because of this body. */
  get #isRefused(): boolean {
    return this.#overflow !== null && this.response?.refused === true;
  }

  /** Lets the stream end and close, as one that was read; Node's own bookkeeping of the connection waits for it. */
  #endBody(sink: BodySink): void {
    this.#sink = null;
    this.endStream();
    sink.end();
  }

  #drainInto(sink: BodySink): void {
    for (let chunk = this.readBuffered(); chunk !== null; chunk = this.readBuffered()) {
      // Somebody may have called setEncoding(): then they are strings.
      sink.write(
        Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), this.readableEncoding ?? "utf8"),
      );
    }
  }
}
