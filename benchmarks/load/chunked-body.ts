/** Finds the end of a body in chunks (RFC 9112 section 7.1). */

const LINE_FEED = 0x0a;

/** One body. Trailers are not expected. */
export class ChunkedBody {
  /** The size line of the next chunk, as far as it has arrived. */
  #line = "";
  /** The bytes of the current chunk that are still to arrive, with its line end. */
  #missing = 0;
  #isLast = false;

  /** Takes the bytes from an index on, and returns the index after the body; -1 when more bytes must follow. */
  read(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, bytes.length - at);
        this.#missing -= taken;
        at += taken;
        if (this.#isLast && this.#missing === 0) return at;
        continue;
      }
      const byte = bytes[at++] ?? 0;
      if (byte === LINE_FEED) this.#beginChunk();
      else this.#line += String.fromCharCode(byte);
    }
    return -1;
  }

  #beginChunk(): void {
    const size = Number.parseInt(this.#line, 16); // extensions after the number are ignored
    if (Number.isNaN(size)) throw new Error(`a chunk of the size ${JSON.stringify(this.#line)}`);
    this.#line = "";
    this.#isLast = size === 0;
    this.#missing = size + 2; // CRLF
  }
}
