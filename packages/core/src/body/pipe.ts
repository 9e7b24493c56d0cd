/** Bodies that go through streams: those with content codings, and those of parsers that take a stream. */
import { AsyncResource } from "node:async_hooks";
import { pipeline, Readable, Transform, type TransformCallback } from "node:stream";
import type { PacketronError } from "../errors/errors.ts";
import { codedLimit, createDecoder } from "../http/content-coding.ts";
import type { BodySink, BodyStream } from "./body-stream.ts";
import { type BodyResult, ignore } from "./result.ts";

/** What becomes of the body. */
export interface PipeOptions {
  /** Content codings, in the order in which they were applied. */
  readonly codings: readonly string[];
  /** Cap of the body without its codings, in bytes. */
  readonly limit: number;
  /** Takes the stream of the body without its codings, at its first byte: a body without any never gets here. */
  readonly open: (stream: Readable) => void;
}

/** Makes a stream of a body, undoes its codings under the cap, and slows the client down to the reader's pace. */
export class BodyPipe extends AsyncResource implements BodySink {
  readonly wireLimit: number;
  readonly #source: BodyStream;
  readonly #result: BodyResult;
  readonly #options: PipeOptions;
  #stream: BodyReadable | null = null;

  // An async resource, because chunks come in the context of the connection: the reader's callbacks are to run in
  // that of the caller of getBody(), where its AsyncLocalStorage has what it put there.
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
    stream.on("error", ignore); // its reader is told by the result, and may not listen
    this.#options.open(this.#options.codings.length === 0 ? stream : this.#decode(stream, firstByte));
    return stream;
  }

  /** Chains a decoder and a cap for each coding. What comes out of an outer one is still coded, so it may be larger. */
  #decode(stream: BodyReadable, firstByte: number | undefined): Readable {
    const { codings, limit } = this.#options;
    const stages: Transform[] = [];
    for (const [index, coding] of codings.toReversed().entries()) {
      const last = index === codings.length - 1;
      const cap = new ByteCap(last ? limit : codedLimit(limit), () => this.#overflow());
      stages.push(createDecoder(coding, index === 0 ? firstByte : undefined), cap);
    }
    pipeline([stream, ...stages], (error) => {
      // A reader that has enough destroys the stream without an error: then its own result counts.
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

/** The body as a stream. */
class BodyReadable extends Readable {
  readonly #source: BodyStream;
  readonly #sink: BodySink;

  constructor(source: BodyStream, sink: BodySink) {
    // One read of the socket, 64 KiB, is over it: a reader that has asked to wait is not given a second one to keep.
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

/** Lets bytes through up to a limit; the chunk that crosses it ends the stream with the error that `onCrossed` gives. */
class ByteCap extends Transform {
  readonly #limit: number;
  readonly #onCrossed: () => Error;
  #size = 0;

  constructor(limit: number, onCrossed: () => Error) {
    super();
    this.#limit = limit;
    this.#onCrossed = onCrossed;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#size += chunk.length;
    if (this.#size > this.#limit) callback(this.#onCrossed());
    else callback(null, chunk);
  }
}
