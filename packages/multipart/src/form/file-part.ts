/**
 * One file of a form: counts the bytes of the file, cuts the file at the limit, and passes the bytes on at the pace of
 * the sink.
 */
import type { Readable } from "node:stream";
import type { FileSink } from "./file-sink.ts";

/** The limit and the callbacks of one file part. */
export interface FilePartOptions {
  readonly maxSize: number;
  /** Whether a part without bytes counts as an (empty) file. */
  readonly keepEmpty: boolean;
  /** Opens the sink of the file. Called at the first byte, or at the end of an empty file. */
  readonly open: () => FileSink;
  /** Called when the sink has room again after it asked to wait. */
  readonly onDrain: () => void;
  /** Called once, when the file exceeds `maxSize`. Returns the error for the sink. */
  readonly onCut: () => Error;
}

/** Receives one file of a form. */
export class FilePart {
  /** Number of bytes received, including the bytes after the limit, which are dropped. */
  size = 0;
  truncated = false;
  /** The sink of the bytes. `null` before the first byte, and for a file input without a chosen file. */
  sink: FileSink | null = null;
  readonly #stream: Readable;
  readonly #options: FilePartOptions;
  #aborted = false;

  constructor(stream: Readable, options: FilePartOptions) {
    this.#stream = stream;
    this.#options = options;
    // busboy emits an error here when the form breaks off. `Form` learns of that from its own listeners.
    stream.on("error", () => {});
  }

  /** Whether the file is paused because its sink asked to wait. */
  get full(): boolean {
    return this.#stream.isPaused() && !this.#stream.destroyed;
  }

  /** Receives the file. Resolves when the next file of the form may begin. */
  async receive(): Promise<void> {
    await this.#readToEnd();
    if (this.#aborted || !this.#stream.readableEnded) return;
    if (this.#options.keepEmpty) this.#openSink();
    await this.sink?.finish();
  }

  /** Stops the file, because its form has failed. */
  abort(error: Error): void {
    this.#aborted = true;
    this.#stream.destroy();
    this.sink?.abort(error);
  }

  /** Resolves at the end of the stream, or when the stream is destroyed. */
  #readToEnd(): Promise<void> {
    if (this.#stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stream.on("data", (chunk: Buffer) => {
        if (!this.#receiveChunk(chunk)) this.#stream.pause();
      });
      this.#stream.once("end", resolve).once("close", resolve);
    });
  }

  #receiveChunk(chunk: Buffer): boolean {
    if (this.#aborted) return true; // a destroyed stream may still emit what it has buffered, until `close`
    this.size += chunk.length;
    const sink = this.#openSink();
    if (this.truncated) return true;
    if (this.size <= this.#options.maxSize) return sink.write(chunk);
    this.truncated = true;
    sink.cut(this.#options.onCut());
    return true;
  }

  #openSink(): FileSink {
    if (this.sink !== null) return this.sink;
    this.sink = this.#options.open();
    this.sink.onDrain = () => {
      if (!this.#stream.isPaused()) return;
      this.#stream.resume();
      this.#options.onDrain();
    };
    return this.sink;
  }
}
