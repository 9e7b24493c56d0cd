/**
 * Reads the newest content of the file, within microseconds when nothing has changed.
 *
 * Why the cache is never stale: each change replaces the file by another file, and the reader keeps the file that it
 * has read open. The system cannot give the inode of an open file to another file. So when the name leads to the same
 * inode, it leads to the file that was read. The size, and the token and generation in the header, are compared as
 * well: some file systems have unstable inode numbers, and another program may write into the file in place. Times
 * are never compared.
 */
import type { BigIntStats } from "node:fs";
import { isOpenToOthers, isOwn, type Places } from "./directory.ts";
import { globalDataError } from "./errors.ts";
import { closeQuietly, errorCode, errorReason, type FileSystem } from "./file-system.ts";
import { decodeFile, FormatError, HEADER_BYTES, type StoredData, TOKEN_DIGITS, VERSION } from "./format.ts";
import { constants, loadCrypto } from "./node-modules.ts";
import { MAX_BYTES } from "./value.ts";

/** The content of the file with all values, with its identifying fields. */
export interface Content {
  /** Identifies this content among all contents that the file ever had. */
  readonly token: string;
  readonly generation: bigint;
  readonly data: StoredData;
  /** The damage of a damaged file. Then the data is empty, and the token identifies this damaged file. */
  readonly damage?: string;
}

/** A content that was read or written, with the open file that contains it. */
export interface HeldContent {
  readonly content: Content;
  readonly descriptor: number;
  readonly inode: bigint;
  readonly device: bigint;
  readonly size: bigint;
  readonly header: Buffer;
}

const QUIETLY = { bigint: true, throwIfNoEntry: false } as const;

// O_NOFOLLOW refuses a link at the path of the file. O_NONBLOCK avoids waiting at a named pipe. Windows has neither.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Reads the file of one namespace repeatedly. */
export class Reader {
  readonly #fs: FileSystem;
  readonly #places: Places;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #held: HeldContent | null = null;

  constructor(fs: FileSystem, places: Places) {
    this.#fs = fs;
    this.#places = places;
  }

  /**
   * Returns the newest content; `undefined` when there is no file.
   *
   * @throws PKT_GLOBAL_DATA_UNSAFE, PKT_GLOBAL_DATA_VERSION, PKT_GLOBAL_DATA_IO
   */
  read(): Content | undefined {
    const held = this.#held;
    return held !== null && this.#isCurrent(held) ? held.content : this.#load();
  }

  /** Keeps a file open that this process has just written, so that the next read need not open the file again. */
  adopt(descriptor: number, stats: BigIntStats, file: Buffer, content: Content): void {
    this.close();
    const header = Buffer.from(file.subarray(0, HEADER_BYTES));
    this.#held = { content, descriptor, inode: stats.ino, device: stats.dev, size: stats.size, header };
  }

  /** The content that this process read or wrote last. It may be outdated. `null` when no file is open. */
  get held(): HeldContent | null {
    return this.#held;
  }

  /** Closes the file. A later read opens it again. */
  close(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) closeQuietly(this.#fs, held.descriptor);
  }

  #isCurrent(held: HeldContent): boolean {
    try {
      const stats = this.#fs.lstatSync(this.#places.file, QUIETLY);
      if (stats?.ino !== held.inode || stats.dev !== held.device || stats.size !== held.size) return false;
      const length = this.#fs.readSync(held.descriptor, this.#header, 0, HEADER_BYTES, 0);
      return length === HEADER_BYTES && this.#header.equals(held.header);
    } catch {
      return false; // opening the file throws the reason
    }
  }

  #load(): Content | undefined {
    this.close();
    let descriptor: number;
    try {
      descriptor = this.#fs.openSync(this.#places.file, OPEN_FLAGS);
    } catch (error) {
      // ENOTDIR: another kind of file is in the place of the directory. `ensureDirectory()` reports it.
      if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return undefined;
      if (errorCode(error) === "ELOOP") throw this.#unsafe("it is a symbolic link");
      throw readError(error);
    }
    try {
      return this.#readOpen(descriptor);
    } finally {
      if (this.#held?.descriptor !== descriptor) closeQuietly(this.#fs, descriptor);
    }
  }

  #readOpen(descriptor: number): Content {
    const stats = this.#attempt(() => this.#fs.fstatSync(descriptor, { bigint: true }));
    if (!stats.isFile()) throw this.#unsafe("it is not a regular file");
    if (!isOwn(stats)) throw this.#unsafe(`it belongs to the user ${stats.uid}`);
    if (isOpenToOthers(stats)) throw this.#unsafe("others may open it");
    if (stats.size > HEADER_BYTES + MAX_BYTES)
      return damaged(`it has ${stats.size} bytes`, stats, Buffer.alloc(0));
    const file = this.#attempt(() => this.#readAll(descriptor, Number(stats.size)));
    try {
      const content = decodeFile(file);
      this.adopt(descriptor, stats, file, content);
      return content;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      if (error.version === undefined) return damaged(error.message, stats, file);
      const facts = { path: this.#places.file, received: error.version, expected: VERSION };
      throw globalDataError("PKT_GLOBAL_DATA_VERSION", facts);
    }
  }

  #readAll(descriptor: number, size: number): Buffer {
    const file = Buffer.alloc(size);
    for (let offset = 0; offset < size; ) {
      const length = this.#fs.readSync(descriptor, file, offset, size - offset, offset);
      if (length === 0) return file.subarray(0, offset);
      offset += length;
    }
    return file;
  }

  #attempt<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw readError(error);
    }
  }

  #unsafe(problem: string): Error {
    return globalDataError("PKT_GLOBAL_DATA_UNSAFE", { path: this.#places.file, problem });
  }
}

/**
 * Returns an empty content for a damaged file. Its token, which locks need, is a hash of the inode, size, time and
 * bytes of the file, so that each damaged file has another token. The bytes of a file that is too large are not read.
 */
function damaged(damage: string, { ino, size, mtimeNs }: BigIntStats, file: Buffer): Content {
  const hash = loadCrypto()
    .createHash("sha256")
    .update(`${ino} ${size} ${mtimeNs} `)
    .update(file)
    .digest("hex");
  return { token: hash.slice(0, TOKEN_DIGITS), generation: 0n, data: {}, damage };
}

function readError(error: unknown): Error {
  const reason = errorReason(error);
  return globalDataError(
    "PKT_GLOBAL_DATA_IO",
    { verb: "read", reason, outcome: "The next call tries again." },
    error,
  );
}
