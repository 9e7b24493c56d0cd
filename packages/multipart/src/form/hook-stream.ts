/** The stream of one file that the hook `onFile` receives. */
import { Readable } from "node:stream";

/** A stream that gets its chunks from `feed()`. After the hook has destroyed it, further chunks are discarded. */
export class HookStream extends Readable {
  /** Called when the stream can take chunks again, after `feed()` returned `false`. */
  onDrain: () => void = () => {};

  constructor() {
    super();
    this.on("error", () => {}); // if the hook does not listen, an error must not end the process
  }

  /** Adds a chunk; `null` ends the stream. When `feed()` returns `false`, the caller must wait for `onDrain`. */
  feed(chunk: Buffer | null): boolean {
    return this.destroyed || this.readableEnded || this.push(chunk) || chunk === null;
  }

  /** Discards the rest of the file, unless the hook still reads the stream. */
  abandon(): void {
    if (this.readableFlowing === null && this.listenerCount("readable") === 0) this.resume();
  }

  override _read(): void {
    this.onDrain();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    callback(error);
    this.onDrain();
  }
}
