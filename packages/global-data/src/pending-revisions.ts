/** Pending revisions: files that become the next content or are discarded. Each name has the record of its owner. */

import type { Places } from "./directory.ts";
import { closeQuietly, type FileSystem, unless } from "./file-system.ts";
import { constants } from "./node-modules.ts";
import { type Owners, tokenOf } from "./owner.ts";

/** A pending revision of this process. */
export interface PendingRevision {
  readonly record: string;
  readonly token: string;
  readonly path: string;
  readonly descriptor: number;
}

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Creates and removes the pending revisions of this process. */
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

  /** Creates an empty pending revision with a new token. */
  create(): PendingRevision {
    this.#removeLeftovers();
    const record = this.#owners.create();
    const path = this.#places.pending(record);
    return { record, token: tokenOf(record) ?? "", path, descriptor: this.#fs.openSync(path, FLAGS, 0o600) };
  }

  /** Writes the whole content of a pending revision. */
  write({ descriptor }: PendingRevision, bytes: Buffer): void {
    for (let offset = 0; offset < bytes.length; )
      offset += this.#fs.writeSync(descriptor, bytes, offset, bytes.length - offset, offset);
  }

  /**
   * Closes and removes a pending revision. If the removal fails, the next call tries again; until it succeeds, other
   * processes may wait for this revision.
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

/** Removes a file. Returns whether it does not exist any more. */
export function tryUnlink(fs: FileSystem, path: string): boolean {
  try {
    unless("ENOENT", () => fs.unlinkSync(path));
    return true;
  } catch {
    return false;
  }
}
