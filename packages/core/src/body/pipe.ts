/** Reads bodies through streams: those with content codings, and those of parsers that take a stream. */
import { AsyncResource } from "node:async_hooks";
import { pipeline, Readable, Transform, type TransformCallback } from "node:stream";
import type { PacketronError } from "../errors/errors.ts";
import { codedLimit, createDecoder } from "../http/content-coding.ts";
import type { BodySink, BodyStream } from "./body-stream.ts";
import { type BodyResult, ignore } from "./result.ts";

/** How a body is decoded and capped, and what gets its stream. */
export interface PipeOptions {
  /** The content codings, in the order in which the client applied them. */
  readonly codings: readonly string[];
  /** The cap of the decoded body, in bytes. */
  readonly limit: number;
  /** Takes the stream of the decoded body. Called at the first byte, so never for an empty body. */
  readonly open: (stream: Readable) => void;
}

/** Makes a body a stream: decodes it, applies the cap, and slows the client down to the speed of the reader. */
export class BodyPipe extends AsyncResource implements BodySink {
  readonly wireLimit: number;
  readonly #source: BodyStream;
  readonly #result: BodyResult;
  readonly #options: PipeOptions;
  #stream: BodyReadable | null = null;

  // Chunks arrive in the async context of the connection. An AsyncResource keeps the context of the code that called
  // getBody(), and runs the reader's callbacks in it, so that AsyncLocalStorage returns the caller's store.
  constructor(source: BodyStream, result: BodyResult, options: PipeOptions) {
    super("PacketronBody");
    const { codings, limit } = options;
    this.wireLimit = codings.length === 0 ? limit : codedLimit(limit);
    this.#source = source;
    this.#result = result;
    this.#options = options;
  }

  write(chunk: Buffer): boolean {
    return this.runInAsyncScope(this.#write, this, chunk);
  }

  end(): void {
    if (this.#stream === null) this.#result.resolve(null);
    else this.runInAsyncScope(this.#stream.push, this.#stream, null);
  }

  fail(error: PacketronError): void {
    this.#result.reject(error);
    this.#stream?.destroy(error);
  }

  #write(chunk: Buffer): boolean {
    this.#stream ??= this.#open(chunk[0]);
    return this.#stream.push(chunk);
  }

  #open(firstByte: number | undefined): BodyReadable {
    const stream = new BodyReadable(this.#source, this);
    stream.on("error", ignore); // the result has the error; without a listener Node would throw it
    this.#options.open(this.#options.codings.length === 0 ? stream : this.#decode(stream, firstByte));
    return stream;
  }

  /**
   * Chains a decoder and a cap for each coding. The last cap is the limit of the body. The caps before it are higher,
   * because the earlier decoders return bytes that are still coded, and coded bytes may be more than decoded bytes.
   */
  #decode(stream: BodyReadable, firstByte: number | undefined): Readable {
    const { codings, limit } = this.#options;
    const stages: Transform[] = [];
    for (const [index, coding] of codings.toReversed().entries()) {
      const last = index === codings.length - 1;
      const cap = new ByteCap(last ? limit : codedLimit(limit), () => this.#overflow());
      stages.push(createDecoder(coding, index === 0 ? firstByte : undefined), cap);
    }
    pipeline([stream, ...stages], (error) => {
      // A reader that has read enough destroys the stream without an error. In this case the reader's result is used.
      if (error && error.code !== "ERR_STREAM_PREMATURE_CLOSE")
        this.#result.invalidate(codings.join(", "), error);
    });
    return stages.at(-1) ?? stream;
  }

  #overflow(): PacketronError {
    const error = this.#source.refuse(this.#options.limit);
    this.#result.reject(error);
    return error;
  }
}

/** The bytes of a body as a stream, for decoders and parsers. */
class BodyReadable extends Readable {
  readonly #source: BodyStream;
  readonly #sink: BodySink;

  constructor(source: BodyStream, sink: BodySink) {
    // One read of the socket returns up to 64 KiB. The mark is lower, so that the stream asks for a pause after one
    // read, and a slow reader does not buffer two.
    super({ highWaterMark: 16 * 1024 });
    this.#source = source;
    this.#sink = sink;
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.stop(this.#sink);
    callback(error);
  }
}

/** Passes bytes on up to a limit. The chunk that exceeds it ends the stream with the error that `onExceeded` makes. */
class ByteCap extends Transform {
  readonly #limit: number;
  readonly #onExceeded: () => Error;
  #size = 0;

  constructor(limit: number, onExceeded: () => Error) {
    super();
    this.#limit = limit;
    this.#onExceeded = onExceeded;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#size += chunk.length;
    if (this.#size > this.#limit) callback(this.#onExceeded());
    else callback(null, chunk);
  }
}
