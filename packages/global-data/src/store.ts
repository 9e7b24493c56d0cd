/** Stores of values: the file that all processes share, or the memory of this process. */
import { ensureDirectory, type Places } from "./directory.ts";
import { globalDataError } from "./errors.ts";
import { errorCode, errorReason, type FileSystem, nodeFileSystem, unless } from "./file-system.ts";
import type { StoredData } from "./format.ts";
import { type Owners, systemOwners } from "./owner.ts";
import { PendingRevisions } from "./pending-revisions.ts";
import { Reader } from "./reader.ts";
import type { Revision } from "./revision.ts";
import { Revisions } from "./revisions.ts";
import { DELAYS, type Delays, Wait } from "./wait.ts";

/**
 * A function that returns new data for the old data; `undefined` for no change. The function is called again when
 * another process has taken over the lock before the new data was written.
 */
export type Change = (data: StoredData) => StoredData | undefined;

/** Options of one change. */
export interface WriteOptions {
  /** Whether the change must survive a power cut after the return. */
  readonly durable: boolean;
  /** How long the change waits for other processes, in milliseconds. */
  readonly lockTimeout: number;
}

/** A store of all values of one namespace (a named set of values). */
export interface Store {
  /** Returns the newest data. */
  read(): StoredData;
  /** Reads, changes and writes the data in one step. */
  write(change: Change, options: WriteOptions): void;
  /** Closes the open file. The store stays usable: the next `read()` or `write()` opens the file again. */
  close(): void;
}

/** Called after this process has read or written new content, with the size of the file and its data. */
export type ContentListener = (bytes: number, data: StoredData) => void;

/** Options of a {@link FileStore}. Tests set more of them than the capability `globalData()` does. */
export interface FileStoreOptions {
  readonly places: () => Places;
  readonly onContent?: ContentListener;
  readonly fs?: FileSystem;
  readonly owners?: Owners;
  readonly delays?: Omit<Delays, "lockTimeout">;
}

/** Stores values in the memory of this process. */
export class MemoryStore implements Store {
  #data: StoredData = {};

  read(): StoredData {
    return this.#data;
  }

  write(change: Change): void {
    this.#data = change(this.#data) ?? this.#data;
  }

  close(): void {}
}

/** Stores the values of all processes in one file. One process at a time replaces the whole file. */
export class FileStore implements Store {
  readonly #fs: FileSystem;
  readonly #owners: Owners;
  readonly #delays: Omit<Delays, "lockTimeout">;
  readonly #findPlaces: () => Places;
  readonly #onContent: ContentListener;
  /** The identifier (token) of the last content that was reported to the `ContentListener`. */
  #seenToken = "";
  #open: { readonly places: Places; readonly reader: Reader; readonly revisions: Revisions } | null = null;

  constructor(options: FileStoreOptions) {
    this.#fs = options.fs ?? nodeFileSystem;
    this.#owners = options.owners ?? systemOwners();
    this.#delays = options.delays ?? DELAYS;
    this.#findPlaces = options.places;
    this.#onContent = options.onContent ?? (() => {});
  }

  read(): StoredData {
    const { reader, places } = this.#openParts();
    const content = reader.read();
    if (content === undefined) {
      // A missing file means empty data. But an unusable directory is an error, even before the first change.
      ensureDirectory(this.#fs, places.directory);
      return {};
    }
    if (content.damage !== undefined) return this.#repair(content.damage);
    this.#reportContent();
    return content.data;
  }

  write(change: Change, { durable, lockTimeout }: WriteOptions): void {
    const wait = new Wait(this.#owners, { ...this.#delays, lockTimeout });
    while (!this.#tryWrite(change, wait, durable));
    this.#reportContent();
  }

  close(): void {
    this.#open?.reader.close();
  }

  #reportContent(): void {
    const held = this.#open?.reader.held ?? null;
    if (held === null || held.content.token === this.#seenToken) return;
    this.#seenToken = held.content.token;
    this.#onContent(Number(held.size), held.content.data);
  }

  /** Makes one attempt at a change. `false` if another process has taken over the lock: the caller tries again. */
  #tryWrite(change: Change, wait: Wait, durable: boolean): boolean {
    const revision = this.#beginRevision(wait, durable);
    if (revision.base.damage !== undefined) return this.#moveAway(revision, revision.base.damage);
    let data: StoredData | undefined;
    try {
      data = change(revision.base.data);
    } catch (error) {
      revision.abandon();
      throw error;
    }
    if (data !== undefined) return commit(revision, data, durable);
    revision.abandon();
    return true;
  }

  /** Moves a damaged file away and throws, or returns the data if another process has replaced the file already. */
  #repair(damage: string): StoredData {
    const wait = new Wait(this.#owners, { ...this.#delays, lockTimeout: DELAYS.lockTimeout });
    for (;;) {
      let revision: Revision;
      try {
        revision = this.#beginRevision(wait, false);
      } catch (error) {
        const reason = errorReason(error);
        throw this.#corrupt(
          damage,
          `It could not be moved away, so the next call fails too: ${reason}`,
          error,
        );
      }
      if (revision.base.damage === undefined) {
        revision.abandon();
        return revision.base.data;
      }
      this.#moveAway(revision, revision.base.damage);
    }
  }

  /** Moves a damaged file away and throws. Returns `false` when another process has taken over the lock. */
  #moveAway(revision: Revision, damage: string): false {
    const { places } = this.#openParts();
    const moved = places.corrupt(revision.base.token);
    try {
      // Add a second name, then replace the first by an empty file: so the main name exists at every instant.
      unless("EEXIST", () => this.#fs.linkSync(places.file, moved));
    } catch (error) {
      revision.abandon();
      const reason = errorReason(error);
      throw this.#corrupt(damage, `It could not be moved away, so the next call fails too: ${reason}`, error);
    }
    if (!commit(revision, {}, false)) return false;
    throw this.#corrupt(damage, `It was moved to ${moved}; the next call finds no data.`);
  }

  #beginRevision(wait: Wait, durable: boolean): Revision {
    try {
      return this.#openParts().revisions.begin(wait, durable);
    } catch (error) {
      throw toWriteError(error);
    }
  }

  #corrupt(problem: string, outcome: string, cause?: unknown): Error {
    const path = this.#openParts().places.file;
    return globalDataError("PKT_GLOBAL_DATA_CORRUPT", { path, problem, outcome }, cause);
  }

  #openParts(): { readonly places: Places; readonly reader: Reader; readonly revisions: Revisions } {
    if (this.#open !== null) return this.#open;
    const places = this.#findPlaces();
    const reader = new Reader(this.#fs, places);
    const pendingRevisions = new PendingRevisions(this.#fs, places, this.#owners);
    const revisions = new Revisions({ fs: this.#fs, places, reader, pendingRevisions, owners: this.#owners });
    this.#open = { places, reader, revisions };
    return this.#open;
  }
}

function commit(revision: Revision, data: StoredData, durable: boolean): boolean {
  try {
    return revision.commit(data, durable);
  } catch (error) {
    throw toWriteError(error);
  }
}

function toWriteError(error: unknown): unknown {
  if (errorCode(error)?.startsWith("PKT_")) return error;
  const reason = errorReason(error);
  return globalDataError(
    "PKT_GLOBAL_DATA_IO",
    { verb: "written", reason, outcome: "The old values stay." },
    error,
  );
}
