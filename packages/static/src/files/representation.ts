/** One form in which a file can be sent: its own bytes, or those of a precompressed sibling. */
import type { FileHandle } from "node:fs/promises";
import type { PreparedAnswers } from "../answers/answer-cache.ts";
import { loadCrypto } from "../node-crypto.ts";
import { type FoundFile, openFile } from "./open.ts";
import type { FileVersion } from "./version.ts";

/** Bytes of a file, with all that the head of an answer says about them. */
export class Representation {
  /** Canonical. */
  readonly path: string;
  /** The canonical directory that the file has to be in; `null` for anywhere. */
  readonly root: string | null;
  readonly version: FileVersion;
  /** The content coding; `null` for the file itself. */
  readonly encoding: string | null;
  /** The entity tag as it stands in the header, `null` when there shall be none, or a strong one could not be made. */
  readonly etag: string | null;
  /** In milliseconds, whole seconds; `null` when it shall not be given. */
  readonly lastModified: number | null;
  /** The same as it stands in the header. */
  readonly lastModifiedField: string | null;
  /** The bytes, while the cache holds them. */
  content: Buffer | null = null;
  /** Answers that are ready to be sent. */
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
    // A date that lies ahead must not be sent, RFC 9110 section 8.8.2.1.
    this.lastModified = dated ? Math.floor(Math.min(version.modified, Date.now()) / 1000) * 1000 : null;
    this.lastModifiedField = this.lastModified === null ? null : new Date(this.lastModified).toUTCString();
  }

  /** In bytes. */
  get size(): number {
    return this.version.size;
  }

  /** Lets go of the bytes and of what was prepared of them. */
  forget(): void {
    this.content = null;
    this.prepared = null;
  }
}

/** Bytes that are hashed in one go: 0.1 ms of the event loop. */
const CHUNK = 64 * 1024;

/**
 * A tag of size and modification time: the same in every worker, and on every machine that has a copy with its times.
 * Weak, because a file can change twice within a millisecond. Codings of one file have to differ.
 */
export function weakTag(version: FileVersion, encoding: string | null): string {
  const coding = encoding === null ? "" : `-${encoding}`;
  return `W/"${version.size.toString(16)}-${version.modified.toString(16)}${coding}"`;
}

/** Hashes under way, by file and version: a large file takes longer than a look at it counts. */
const hashing: Map<string, Promise<string | null>> = new Map();

/** The SHA-256 of the content; `null` when the file is not the version that was found any more. */
export function strongTag(file: FoundFile): Promise<string | null> {
  const key = `${file.version.identity} ${file.path}`;
  const underWay = hashing.get(key);
  if (underWay !== undefined) return underWay;
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
