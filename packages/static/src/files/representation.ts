/** One representation of a file: its own bytes, or those of a precompressed sibling. */
import type { FileHandle } from "node:fs/promises";
import type { PreparedAnswers } from "../answers/answer-cache.ts";
import { loadCrypto } from "../node-crypto.ts";
import { type FoundFile, openFile } from "./open.ts";
import type { FileVersion } from "./version.ts";

/** A version of a file with its metadata for the head of an answer. */
export class Representation {
  /** The canonical path of the file. */
  readonly path: string;
  /** The canonical directory that the file has to be in; `null` for anywhere. */
  readonly root: string | null;
  readonly version: FileVersion;
  /** The content coding; `null` for the file itself. */
  readonly encoding: string | null;
  /** The value of ETag; `null` when tags are off, or when a strong tag could not be made. */
  readonly etag: string | null;
  /** The value of Last-Modified in milliseconds, a multiple of 1,000; `null` when it is off. */
  readonly lastModified: number | null;
  /** The value of Last-Modified as text; `null` when it is off. */
  readonly lastModifiedField: string | null;
  /** The bytes, while the content cache keeps them. */
  content: Buffer | null = null;
  /** Prepared answers with this representation. */
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

/** Bytes that are hashed at a time: they block the event loop for 0.1 ms. */
const CHUNK = 64 * 1024;

/**
 * Returns a tag of size and modification time. It is the same in every worker, and on every machine whose copy has
 * the same times. It is weak, because a file can change twice within a millisecond. Each coding of a file has another
 * tag.
 */
export function weakTag(version: FileVersion, encoding: string | null): string {
  const coding = encoding === null ? "" : `-${encoding}`;
  return `W/"${version.size.toString(16)}-${version.modified.toString(16)}${coding}"`;
}

/** Hashes that are being computed, by file and version. A large file takes longer than `revalidateAfter`. */
const hashing: Map<string, Promise<string | null>> = new Map();

/** Returns a tag of the content's SHA-256; `null` when the file has another version by now. */
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
