/** The bytes of small files that were asked for, in memory, under a bound. */
import { openFile } from "./open.ts";
import type { Representation } from "./representation.ts";
import { identityOf } from "./version.ts";

/** The size, in bytes, up to which core keeps a prepared answer as one text. */
const TWICE_UP_TO = 16_384;

/** Bounds of a {@link ContentCache}, in bytes. */
export interface ContentLimits {
  /** Of all files together. */
  readonly total: number;
  /** Of one file: larger ones are streamed. */
  readonly file: number;
}

/**
 * Holds content on the representations that it belongs to; a version of a file is read once. When the bound is reached,
 * those that were not asked for since the last round go first (the clock algorithm: a hit costs one flag).
 */
export class ContentCache {
  readonly #limits: ContentLimits;
  /** Who has content, and whether somebody asked for it since the hand of the clock came by; oldest first. */
  readonly #held: Map<Representation, { used: boolean }> = new Map();
  readonly #reading: Map<Representation, Promise<Buffer | null>> = new Map();
  #bytes = 0;

  constructor(limits: ContentLimits) {
    this.#limits = limits;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The bytes of a representation: at once when they are here, `null` when it is to be streamed instead, because it is
   * too large or is being changed right now.
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

  /** Says that the bytes of a representation were asked for. */
  use(representation: Representation): void {
    const held = this.#held.get(representation);
    if (held !== undefined) held.used = true;
  }

  /** Lets go of the bytes of a representation that is not valid any more; answers under way keep them. */
  release(representation: Representation): void {
    if (!this.#held.delete(representation)) return;
    this.#bytes -= costOf(representation);
    representation.forget();
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
        representation.forget();
        return;
      }
    }
  }
}

/** What a representation takes of the bound. Small ones are kept twice: as bytes, and as the answer that is written. */
function costOf({ size }: Representation): number {
  return size <= TWICE_UP_TO ? 2 * size : size;
}

/** The bytes of exactly the version that was found, `null` when the file is another one before or after reading. */
async function readWhole(representation: Representation): Promise<Buffer | null> {
  const { version } = representation;
  const opened = await openFile(representation);
  if (opened === null) return null;
  const { handle } = opened;
  try {
    if (opened.version.identity !== version.identity) return null;
    // Not from the pool: a slice of it would keep 64 KiB alive for a small file.
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
