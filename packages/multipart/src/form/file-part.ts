/** One file of a form: counts its bytes, cuts it at the limit, and hands it on at the pace of whoever takes it. */
import type { Readable } from "node:stream";
import type { FileSink } from "./file-sink.ts";

/** What a file part needs to know. */
export interface FilePartOptions {
  readonly maxSize: number;
  /** Whether it is a file even without a byte. */
  readonly keepEmpty: boolean;
  /** Opens the place that its bytes go to. */
  readonly open: () => FileSink;
  /** Told when its taker has room again. */
  readonly onDrain: () => void;
  /** Told once, when it is larger than it may be. */
  readonly onCut: () => Error;
}

/** A file that is being received. */
export class FilePart {
  /** Bytes seen, those behind the limit included. */
  size = 0;
  truncated = false;
  /** Where it goes; `null` for a form field in which no file was chosen. */
  sink: FileSink | null = null;
  readonly #stream: Readable;
  readonly #options: FilePartOptions;
  #aborted = false;

  constructor(stream: Readable, options: FilePartOptions) {
    this.#stream = stream;
    this.#options = options;
    // busboy ends the stream of a form that breaks off with an error; the form itself is told by another way.
    stream.on("error", () => {});
  }

  /** Whether its taker has asked to wait. */
  get full(): boolean {
    return this.#stream.isPaused() && !this.#stream.destroyed;
  }

  /** Receives the file; resolves when the next one may begin. */
  async receive(): Promise<void> {
    await this.#readToEnd();
    if (this.#aborted || !this.#stream.readableEnded) return;
    if (this.#options.keepEmpty) this.#openSink();
    await this.sink?.finish();
  }

  /** The form has failed. */
  abort(error: Error): void {
    this.#aborted = true;
    this.#stream.destroy();
    this.sink?.abort(error);
  }

  /** Also resolves for a stream that has been destroyed. */
  #readToEnd(): Promise<void> {
    if (this.#stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stream.on("data", (chunk: Buffer) => {
        if (!this.#take(chunk)) this.#stream.pause();
      });
      this.#stream.once("end", resolve).once("close", resolve);
    });
  }

  #take(chunk: Buffer): boolean {
    if (this.#aborted) return true; // a stream gives what it has buffered until it tells that it was destroyed
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
