/**
 * A pending revision is a file that a process prepares as the next content of global data. The file's name contains a
 * record of the process, by which other processes find out whether it is alive.
 */

import type { Places } from "./directory.ts";
import { closeQuietly, type FileSystem, unless } from "./file-system.ts";
import { constants } from "./node-modules.ts";
import { type Owners, tokenOf } from "./owner.ts";

/** A file that this process prepares as the next content of global data, open for writing. */
export interface PendingRevision {
  readonly record: string;
  readonly token: string;
  readonly path: string;
  readonly descriptor: number;
}

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Creates and removes the files that this process prepares as the next content of global data. */
export class PendingRevisions {
  readonly #fs: FileSystem;
  readonly #places: Places;
  readonly #owners: Owners;
  readonly #leftovers: string[] = [];

  constructor(fs: FileSystem, places: Places, owners: Owners) {
    this.#fs = fs;
    this.#places = places;
    this.#owners = owners;
  }

  /** Creates an empty file for the next content, with a new random token. */
  create(): PendingRevision {
    this.#removeLeftovers();
    const record = this.#owners.create();
    const path = this.#places.pending(record);
    return { record, token: tokenOf(record) ?? "", path, descriptor: this.#fs.openSync(path, FLAGS, 0o600) };
  }

  /** Writes the whole content into the file of a pending revision. */
  write({ descriptor }: PendingRevision, bytes: Buffer): void {
    for (let offset = 0; offset < bytes.length; )
      offset += this.#fs.writeSync(descriptor, bytes, offset, bytes.length - offset, offset);
  }

  /**
   * Closes and removes the file of a pending revision. If the removal fails, the next `create()` or `discard()` tries
   * again. Until the file is removed, other processes may wait for this revision to end.
   */
  discard(pending: PendingRevision): void {
    closeQuietly(this.#fs, pending.descriptor);
    this.#leftovers.push(pending.path);
    this.#removeLeftovers();
  }

  #removeLeftovers(): void {
    for (const path of this.#leftovers.splice(0)) if (!tryUnlink(this.#fs, path)) this.#leftovers.push(path);
  }
}

/** Tries to remove a file. Returns whether the file is gone, also when the file did not exist. */
export function tryUnlink(fs: FileSystem, path: string): boolean {
  try {
    unless("ENOENT", () => fs.unlinkSync(path));
    return true;
  } catch {
    return false;
  }
}
