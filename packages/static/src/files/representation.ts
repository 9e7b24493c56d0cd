/** A representation is one form of a file that can be sent: the file itself, or a compressed copy (`app.js.br`). */
import type { FileHandle } from "node:fs/promises";
import type { PreparedAnswers } from "../answers/answer-cache.ts";
import { loadCrypto } from "../node-crypto.ts";
import { type FoundFile, openFile } from "./open.ts";
import type { FileVersion } from "./version.ts";

/** One form of a file that can be sent (the file itself or a compressed copy), with the headers that describe it. */
export class Representation {
  /** The canonical path of the file: absolute, without links. */
  readonly path: string;
  /** The canonical directory that the file must be in; `null` if the file may be anywhere. */
  readonly root: string | null;
  readonly version: FileVersion;
  /** The content coding of a compressed copy, such as `"br"`; `null` for the file itself. */
  readonly encoding: string | null;
  /** The value of ETag; `null` when ETags are off, or when a change of the file prevented the hash of a strong ETag. */
  readonly etag: string | null;
  /** The value of Last-Modified in milliseconds since 1970, a multiple of 1,000; `null` when Last-Modified is off. */
  readonly lastModified: number | null;
  /** The value of Last-Modified as text; `null` when Last-Modified is off. */
  readonly lastModifiedField: string | null;
  /** The bytes of the file, while the content cache keeps them; otherwise `null`. */
  content: Buffer | null = null;
  /** The prepared answers (head and body) with this form of the file; `null` before the first use. */
  prepared: PreparedAnswers | null = null;

  constructor(
    { path, root, version }: FoundFile,
    encoding: string | null,
    etag: string | null,
    dated = true,
  ) {
    this.path = path;
    this.root = root;
    this.version = version;
    this.encoding = encoding;
    this.etag = etag;
    // RFC 9110 section 8.8.2.1: a date in the future must not be sent.
    this.lastModified = dated ? Math.floor(Math.min(version.modified, Date.now()) / 1000) * 1000 : null;
    this.lastModifiedField = this.lastModified === null ? null : new Date(this.lastModified).toUTCString();
  }

  /** Size of the file in bytes. */
  get size(): number {
    return this.version.size;
  }

  /** Removes the content and the prepared answers. */
  release(): void {
    this.content = null;
    this.prepared = null;
  }
}

/** How many bytes are hashed in one step. The hash of one step blocks the event loop for 0.1 ms. */
const CHUNK = 64 * 1024;

/**
 * Returns a weak ETag, made from the size and the modification time of a file. All workers, and all machines whose
 * copies of the file have the same time, return the same ETag. The ETag is weak, because a file can change twice within
 * a millisecond. The plain file and each of its compressed copies have different ETags.
 */
export function weakTag(version: FileVersion, encoding: string | null): string {
  const coding = encoding === null ? "" : `-${encoding}`;
  return `W/"${version.size.toString(16)}-${version.modified.toString(16)}${coding}"`;
}

/**
 * Hashes that are being computed, by file and version. The hash of a large file can take longer than `revalidateAfter`;
 * without this map, the next check of the file would compute the same hash again.
 */
const hashing: Map<string, Promise<string | null>> = new Map();

/** Returns a strong ETag, the SHA-256 of the file's content; `null` if the file was changed since it was found. */
export function strongTag(file: FoundFile): Promise<string | null> {
  const key = `${file.version.identity} ${file.path}`;
  const pending = hashing.get(key);
  if (pending !== undefined) return pending;
  const tag = hashFile(file).finally(() => hashing.delete(key));
  hashing.set(key, tag);
  return tag;
}

async function hashFile(file: FoundFile): Promise<string | null> {
  const { version } = file;
  const opened = await openFile(file);
  if (opened === null) return null;
  try {
    if (opened.version.identity !== version.identity) return null;
    const digest = await hashContent(opened.handle, version.size);
    return digest === null ? null : `"${digest}"`;
  } finally {
    await opened.handle.close();
  }
}

async function hashContent(handle: FileHandle, size: number): Promise<string | null> {
  const hash = loadCrypto().createHash("sha256");
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(size, 1)));
  for (let position = 0; position < size; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - position), position);
    if (bytesRead === 0) return null;
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return hash.digest("base64url");
}
