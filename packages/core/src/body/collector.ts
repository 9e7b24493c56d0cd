/** Collects the bytes of a body for a parser that takes it as a whole. */

/** Chunks below this many bytes are copied into blocks: a `Buffer` for each chunk would cost about 200 bytes more. */
const SMALL_CHUNK = 1024;

/** The largest block for small chunks, in bytes. The first blocks of a body are smaller. */
const MAX_BLOCK = 64 * 1024;

/**
 * Collects bytes in order of arrival. A body of a single chunk, the usual case, is returned without a copy. The
 * collector allocates no memory for a Content-Length, only for bytes that have arrived.
 */
export class ByteCollector {
  /** How many bytes have been added. */
  size = 0;
  readonly #pieces: Buffer[] = [];
  /** The block that small chunks are copied into; `#used` is how many bytes of it are filled. */
  #block: Buffer | null = null;
  #used = 0;

  /** Adds a chunk. */
  add(chunk: Buffer): void {
    if (this.size === 0 || chunk.length >= SMALL_CHUNK) this.#keep(chunk);
    else this.#copy(chunk);
    this.size += chunk.length;
  }

  /** Returns all bytes that have been added. */
  take(): Buffer {
    this.#closeBlock();
    const [first] = this.#pieces;
    return this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces, this.size);
  }

  #keep(chunk: Buffer): void {
    this.#closeBlock();
    this.#pieces.push(chunk);
  }

  #copy(chunk: Buffer): void {
    if (this.#block !== null && this.#used + chunk.length > this.#block.length) this.#closeBlock();
    // Blocks grow with the body, so that a small body in small chunks does not allocate a large block.
    this.#block ??= Buffer.allocUnsafeSlow(Math.min(MAX_BLOCK, Math.max(SMALL_CHUNK, this.size)));
    this.#used += chunk.copy(this.#block, this.#used);
  }

  #closeBlock(): void {
    if (this.#block === null) return;
    this.#pieces.push(this.#block.subarray(0, this.#used));
    this.#block = null;
    this.#used = 0;
  }
}
