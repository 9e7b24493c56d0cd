/** Collects the bytes of a body that a parser wants as a whole. */

/** Smaller chunks are copied together: kept apart, each would cost some two hundred bytes beside its own. */
const SMALL_CHUNK = 1024;

/** Size of the blocks they are copied into; the first ones are smaller, as long as the body is. */
const MAX_BLOCK = 64 * 1024;

/**
 * Bytes in the order they came. One chunk, the usual case, is given back as it is; nothing is allocated for bytes that
 * were only announced.
 */
export class ByteCollector {
  /** How many bytes there are. */
  size = 0;
  readonly #pieces: Buffer[] = [];
  /** The block that small chunks are being copied into, and how much of it is used. */
  #block: Buffer | null = null;
  #used = 0;

  /** Keeps a chunk. */
  add(chunk: Buffer): void {
    if (this.size === 0 || chunk.length >= SMALL_CHUNK) this.#keep(chunk);
    else this.#copy(chunk);
    this.size += chunk.length;
  }

  /** All bytes. */
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
    // Blocks grow with the body, so that a small body in small pieces does not take a large one.
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
