/**
 * A revision: the right to replace the file once. `revisions.ts` says how a revision begins, and why only one process
 * has it.
 */
import type { BigIntStats } from "node:fs";
import type { Places } from "./directory.ts";
import { globalDataError } from "./errors.ts";
import { errorReason, type FileSystem, unless } from "./file-system.ts";
import { encodeFile, type StoredData } from "./format.ts";
import { constants } from "./node-modules.ts";
import type { Owners } from "./owner.ts";
import { type PendingRevision, type PendingRevisions, tryUnlink } from "./pending-revisions.ts";
import type { Content, Reader } from "./reader.ts";

/** The objects that all revisions (changes of the file) of this process share. */
export interface RevisionContext {
  readonly fs: FileSystem;
  readonly places: Places;
  readonly reader: Reader;
  readonly owners: Owners;
  readonly pendingRevisions: PendingRevisions;
}

/**
 * How many slots (lock links) revisions without a change may leave behind. At this number, `abandon()` writes the
 * unchanged data as a new file, after which the old slots can be removed.
 */
const LONGEST_CHAIN = 16;

/** The right of this process to replace the file once. The right ends with `commit()` or `abandon()`. */
export class Revision {
  /** The content of the file, which cannot change during the revision. */
  readonly base: Content;
  readonly #context: RevisionContext;
  readonly #pending: PendingRevision;
  readonly #chain: readonly string[];

  constructor(context: RevisionContext, pending: PendingRevision, base: Content, chain: readonly string[]) {
    this.base = base;
    this.#context = context;
    this.#pending = pending;
    this.#chain = chain;
  }

  /**
   * Replaces the file and ends the revision.
   *
   * @param durable Whether the change must survive a power cut after the return.
   * @returns `false` when another process has taken over the lock, in which case this call has not changed the file.
   */
  commit(data: StoredData, durable: boolean): boolean {
    const { fs, places, reader, pendingRevisions } = this.#context;
    const { token, descriptor, path } = this.#pending;
    const content: Content = { token, generation: this.base.generation + 1n, data };
    const file = encodeFile(data, content);
    let renamed: boolean;
    let stats: BigIntStats;
    try {
      pendingRevisions.write(this.#pending, file);
      // Flush the content before the rename: otherwise a power cut can leave the name without its content.
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
      this.#context.pendingRevisions.discard(this.#pending);
      return;
    }
    try {
      this.commit(this.base.data, false);
    } catch {
      // A later change removes the slots.
    }
  }

  /** Removes the slots (lock links) of older contents, which no process needs now. A sweep retries failed removals. */
  #freeSlots(): void {
    for (const token of this.#chain) tryUnlink(this.#context.fs, this.#context.places.slot(token));
  }
}

/**
 * Flushes the directory to disk, so that a rename in the directory survives a power cut. On Windows the function does
 * nothing: Windows has no such call, and does not need a flush of the directory.
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
    const outcome = "The new values are stored, but a power cut may undo them.";
    throw globalDataError("PKT_GLOBAL_DATA_IO", { verb: "flushed", reason, outcome }, error);
  }
}
