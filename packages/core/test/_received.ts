/** The bytes that a client has received. Waits look at all of them after each read. */
export class ReceivedBytes {
  #bytes: Buffer = Buffer.alloc(0);
  #size = 0;

  /** All bytes. */
  get all(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  /** The number of bytes. */
  get size(): number {
    return this.#size;
  }

  /** Takes these bytes in place of all. */
  replace(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#size = bytes.length;
  }

  /** Appends bytes. The space doubles, because a copy of all bytes for each read takes seconds for a large answer. */
  append(chunk: Buffer): void {
    const size = this.#size + chunk.length;
    if (size > this.#bytes.length) {
      const bytes = Buffer.allocUnsafe(size * 2);
      this.#bytes.copy(bytes, 0, 0, this.#size);
      this.#bytes = bytes;
    }
    chunk.copy(this.#bytes, this.#size);
    this.#size = size;
  }
}
