/** A revision: what its owner may do, once. How it begins, and why there is only one at a time: `revisions.ts`. */
import type { BigIntStats } from "node:fs";
import type { Places } from "./directory.ts";
import { globalDataError } from "./errors.ts";
import { errorReason, type FileSystem, unless } from "./file-system.ts";
import { encodeFile, type StoredData } from "./format.ts";
import { constants } from "./node-modules.ts";
import type { Owners } from "./owner.ts";
import { type PendingRevision, type PendingRevisions, tryUnlink } from "./pending-revisions.ts";
import type { Content, Reader } from "./reader.ts";

/** What revisions are made with. */
export interface RevisionParts {
  readonly fs: FileSystem;
  readonly places: Places;
  readonly reader: Reader;
  readonly owners: Owners;
  readonly pendingRevisions: PendingRevisions;
}

/** Revisions that ended without a change leave their slots to the next change. After this many, one is made for their sake. */
const LONGEST_CHAIN = 16;

/** The right to replace the file. It ends with `commit()` or `abandon()`. */
export class Revision {
  /** What the file holds as long as the revision lasts. */
  readonly base: Content;
  readonly #parts: RevisionParts;
  readonly #pending: PendingRevision;
  readonly #chain: readonly string[];

  constructor(parts: RevisionParts, pending: PendingRevision, base: Content, chain: readonly string[]) {
    this.base = base;
    this.#parts = parts;
    this.#pending = pending;
    this.#chain = chain;
  }

  /**
   * Replaces the file.
   *
   * @param durable Whether a power cut after the return must not undo it.
   * @returns `false` when another process has taken over; nothing has changed then.
   */
  commit(data: StoredData, durable: boolean): boolean {
    const { fs, places, reader, pendingRevisions } = this.#parts;
    const { token, descriptor, path } = this.#pending;
    const content: Content = { token, generation: this.base.generation + 1n, data };
    const file = encodeFile(data, content);
    let renamed: boolean;
    let stats: BigIntStats;
    try {
      pendingRevisions.write(this.#pending, file);
      // The content has to be on the disk before the name leads to it, else a power cut leaves the name without content.
      if (durable) fs.fsyncSync(descriptor);
      stats = fs.fstatSync(descriptor, { bigint: true });
      renamed = unless("ENOENT", () => fs.renameSync(path, places.file));
    } catch (error) {
      pendingRevisions.discard(this.#pending);
      throw error;
    }
    if (renamed) {
      reader.adopt(descriptor, stats, file, content);
      this.#freeSlots();
      if (durable) syncDirectory(fs, places.directory);
    } else pendingRevisions.discard(this.#pending);
    return renamed;
  }

  /** Ends the revision without a change. */
  abandon(): void {
    if (this.#chain.length < LONGEST_CHAIN || this.base.damage !== undefined) {
      this.#parts.pendingRevisions.discard(this.#pending);
      return;
    }
    try {
      this.commit(this.base.data, false);
    } catch {
      // The slots wait for a better time.
    }
  }

  /** Nobody comes along these any more; what cannot be removed now is swept up later. */
  #freeSlots(): void {
    for (const token of this.#chain) tryUnlink(this.#parts.fs, this.#parts.places.slot(token));
  }
}

/**
 * A rename is on the disk when its directory is; Windows has no such call, and needs none.
 *
 * @throws PKT_GLOBAL_DATA_IO
 */
function syncDirectory(fs: FileSystem, path: string): void {
  if (process.platform === "win32") return;
  try {
    const descriptor = fs.openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    const reason = errorReason(error);
    const outcome = "The new values are there, but a power cut may undo them.";
    throw globalDataError("PKT_GLOBAL_DATA_IO", { verb: "flushed", reason, outcome }, error);
  }
}
