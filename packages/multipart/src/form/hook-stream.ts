/** One file as `onFile` gets it. */
import { Readable } from "node:stream";

/** A stream that is fed with chunks. Once its reader has gone, what comes is thrown away. */
export class HookStream extends Readable {
  /** Called when there is room again after a `feed()` that gave `false`. */
  onDrain: () => void = () => {};

  constructor() {
    super();
    this.on("error", () => {}); // a hook that does not listen must not end the process
  }

  /** Takes a chunk, or `null` for the end; `false` asks for a pause until `onDrain`. */
  feed(chunk: Buffer | null): boolean {
    return this.destroyed || this.readableEnded || this.push(chunk) || chunk === null;
  }

  /** Throws the rest away, unless somebody reads it. */
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
