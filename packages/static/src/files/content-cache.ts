/** Caches the content of small files in a limited amount of memory. */
import { openFile } from "./open.ts";
import type { Representation } from "./representation.ts";
import { identityOf } from "./version.ts";

/** Bytes of the largest body that core copies into a prepared answer. */
const MAX_COPIED = 16_384;

/** Limits of a {@link ContentCache}, in bytes. */
export interface ContentLimits {
  /** Limit of all files together. */
  readonly total: number;
  /** Limit of one file. Larger files are streamed. */
  readonly file: number;
}

/**
 * Keeps content on the representations that it belongs to, and reads each version of a file once. At the limit, the
 * cache first evicts content that was not used since the last round (clock algorithm: a hit costs one flag).
 */
export class ContentCache {
  readonly #limits: ContentLimits;
  /** Representations with content, oldest first, and whether each was used since the last round of the clock. */
  readonly #held: Map<Representation, { used: boolean }> = new Map();
  readonly #reading: Map<Representation, Promise<Buffer | null>> = new Map();
  #bytes = 0;

  constructor(limits: ContentLimits) {
    this.#limits = limits;
  }

  /** Bytes that count towards the limit now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Returns the bytes of a representation, without a promise when they are in memory. `null`: the file must be
   * streamed, because it is too large or is being changed.
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

  /** Records that the content of a representation was used, so that the next round of the clock keeps it. */
  use(representation: Representation): void {
    const held = this.#held.get(representation);
    if (held !== undefined) held.used = true;
  }

  /** Removes the content of an outdated representation. Answers that are being sent keep their bytes. */
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

/** Bytes of a representation that count towards the limit. Small content is kept twice: as bytes and in the answer. */
function costOf({ size }: Representation): number {
  return size <= MAX_COPIED ? 2 * size : size;
}

/** Reads the bytes of exactly one version. `null`: the file had another version before or after the read. */
async function readWhole(representation: Representation): Promise<Buffer | null> {
  const { version } = representation;
  const opened = await openFile(representation);
  if (opened === null) return null;
  const { handle } = opened;
  try {
    if (opened.version.identity !== version.identity) return null;
    // Not from Node's pool: a small slice would keep the whole pool of 64 KiB in memory.
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
