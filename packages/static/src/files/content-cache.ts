/** Caches the content of small files in a limited amount of memory. */
import { openFile } from "./open.ts";
import type { Representation } from "./representation.ts";
import { identityOf } from "./version.ts";

/** The largest body, in bytes, that core copies into a prepared answer (head and body in one buffer). */
const MAX_COPIED = 16_384;

/** Limits of a {@link ContentCache}, in bytes. */
export interface ContentLimits {
  /** Limit of the content of all files together. */
  readonly total: number;
  /** Limit of the size of one file. Larger files are streamed from disk. */
  readonly file: number;
}

/**
 * Keeps the content of small files, in `Representation.content`, and reads each version of a file once. At the limit,
 * the cache evicts with the clock algorithm: the oldest content that was not used since the last search for content to
 * evict. With this algorithm, a hit only sets a flag.
 */
export class ContentCache {
  readonly #limits: ContentLimits;
  /** Representations with content, oldest first, and whether each was used since an eviction last passed over it. */
  readonly #held: Map<Representation, { used: boolean }> = new Map();
  readonly #reading: Map<Representation, Promise<Buffer | null>> = new Map();
  #bytes = 0;

  constructor(limits: ContentLimits) {
    this.#limits = limits;
  }

  /**
   * How many bytes of the total limit the cached content uses. Small content costs twice its size, see {@link costOf}.
   */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Returns the bytes of a representation (a file or a compressed copy), without a promise when the bytes are in
   * memory. `null` means that the file must be streamed, because the file is too large or is being changed.
   */
  read(representation: Representation): Buffer | null | Promise<Buffer | null> {
    const { content } = representation;
    if (content !== null) {
      this.use(representation);
      return content;
    }
    if (representation.size > Math.min(this.#limits.file, this.#limits.total)) return null;
    const reading = this.#reading.get(representation) ?? this.#load(representation);
    this.#reading.set(representation, reading);
    return reading;
  }

  /** Records that the content of a representation was used, so that the next eviction passes over this content. */
  use(representation: Representation): void {
    const held = this.#held.get(representation);
    if (held !== undefined) held.used = true;
  }

  /** Removes the content of an outdated representation from the cache. Answers that are being sent are not affected. */
  release(representation: Representation): void {
    if (!this.#held.delete(representation)) return;
    this.#bytes -= costOf(representation);
    representation.release();
  }

  async #load(representation: Representation): Promise<Buffer | null> {
    try {
      const content = await readWhole(representation);
      if (content !== null) this.#hold(representation, content);
      return content;
    } finally {
      this.#reading.delete(representation);
    }
  }

  #hold(representation: Representation, content: Buffer): void {
    representation.content = content;
    this.#held.set(representation, { used: false });
    this.#bytes += costOf(representation);
    while (this.#bytes > this.#limits.total) this.#evict();
  }

  #evict(): void {
    for (const [representation, held] of this.#held) {
      this.#held.delete(representation);
      if (held.used) this.#held.set(representation, { used: false });
      else {
        this.#bytes -= costOf(representation);
        representation.release();
        return;
      }
    }
  }
}

/** Returns the bytes that a representation costs. Small content costs double: the prepared answer has a copy. */
function costOf({ size }: Representation): number {
  return size <= MAX_COPIED ? 2 * size : size;
}

/** Reads the whole file. Returns `null` if the file was changed before or during the read. */
async function readWhole(representation: Representation): Promise<Buffer | null> {
  const { version } = representation;
  const opened = await openFile(representation);
  if (opened === null) return null;
  const { handle } = opened;
  try {
    if (opened.version.identity !== version.identity) return null;
    // A slice of Node's buffer pool would keep the whole pool of 64 KiB in memory, so the pool is not used.
    const content = Buffer.allocUnsafeSlow(version.size);
    for (let position = 0; position < content.length; ) {
      const { bytesRead } = await handle.read(content, position, content.length - position, position);
      if (bytesRead === 0) return null;
      position += bytesRead;
    }
    const after = await handle.stat({ bigint: true });
    return identityOf(after) === version.identity ? content : null;
  } finally {
    await handle.close();
  }
}
