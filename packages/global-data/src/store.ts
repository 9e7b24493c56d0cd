/** Where values are kept: in the file that all processes share, or in this process only. */
import { ensureDirectory, type Places } from "./directory.ts";
import { globalDataError } from "./errors.ts";
import { errorCode, errorReason, type FileSystem, nodeFileSystem, unless } from "./file-system.ts";
import type { StoredData } from "./format.ts";
import { type Owners, systemOwners } from "./owner.ts";
import { PendingRevisions } from "./pending-revisions.ts";
import { Reader } from "./reader.ts";
import type { Revision } from "./revision.ts";
import { Revisions } from "./revisions.ts";
import { PATIENCE, type Patience, Wait } from "./wait.ts";

/** Makes the new data of the old; `undefined` leaves it as it is. May be called again when another process has taken over. */
export type Change = (data: StoredData) => StoredData | undefined;

/** How a change is made. */
export interface WriteOptions {
  /** Whether a power cut after the return must not undo it. */
  readonly durable: boolean;
  /** Longest wait for other processes in milliseconds. */
  readonly lockTimeout: number;
}

/** A place for values. */
export interface Store {
  /** The newest data. */
  read(): StoredData;
  /** Reads, changes and writes as one step. */
  write(change: Change, options: WriteOptions): void;
  /** Gives back what the store holds open; it can be used again. */
  close(): void;
}

/** Called with the size of the file and its data when this process has read or written other content than before. */
export type ContentListener = (bytes: number, data: StoredData) => void;

/** Parts of a {@link FileStore}; tests replace some of them. */
export interface FileStoreParts {
  readonly places: () => Places;
  readonly onContent?: ContentListener;
  readonly fs?: FileSystem;
  readonly owners?: Owners;
  readonly patience?: Omit<Patience, "lock">;
}

/** Values of this process. */
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

/** Values of all processes: one file that is replaced as a whole by one process at a time. */
export class FileStore implements Store {
  readonly #fs: FileSystem;
  readonly #owners: Owners;
  readonly #patience: Omit<Patience, "lock">;
  readonly #findPlaces: () => Places;
  readonly #onContent: ContentListener;
  /** Of the content that the listener has seen. */
  #seenToken = "";
  #open: { readonly places: Places; readonly reader: Reader; readonly revisions: Revisions } | null = null;

  constructor(parts: FileStoreParts) {
    this.#fs = parts.fs ?? nodeFileSystem;
    this.#owners = parts.owners ?? systemOwners();
    this.#patience = parts.patience ?? PATIENCE;
    this.#findPlaces = parts.places;
    this.#onContent = parts.onContent ?? (() => {});
  }

  read(): StoredData {
    const { reader, places } = this.#parts();
    const content = reader.read();
    if (content === undefined) {
      // No file is no data, but a directory that cannot be used is an error before anything was ever written.
      ensureDirectory(this.#fs, places.directory);
      return {};
    }
    if (content.damage !== undefined) return this.#repair(content.damage);
    this.#reportContent();
    return content.data;
  }

  write(change: Change, { durable, lockTimeout }: WriteOptions): void {
    const wait = new Wait(this.#owners, { ...this.#patience, lock: lockTimeout });
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

  /** `false`: another process has taken over, begin anew. */
  #tryWrite(change: Change, wait: Wait, durable: boolean): boolean {
    const revision = this.#beginRevision(wait, durable);
    if (revision.base.damage !== undefined) return this.#setAside(revision, revision.base.damage);
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

  /** Moves a damaged file away when it still is there; else reads what has come in its place. */
  #repair(damage: string): StoredData {
    const wait = new Wait(this.#owners, { ...this.#patience, lock: PATIENCE.lock });
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
      this.#setAside(revision, revision.base.damage);
    }
  }

  /** @returns `false` when another process has taken over, so that the file is its concern. */
  #setAside(revision: Revision, damage: string): false {
    const { places } = this.#parts();
    const moved = places.corrupt(revision.base.token);
    try {
      // A second name first: at no instant is there neither the damaged file nor an empty one.
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
      return this.#parts().revisions.begin(wait, durable);
    } catch (error) {
      throw toWriteError(error);
    }
  }

  #corrupt(problem: string, outcome: string, cause?: unknown): Error {
    const path = this.#parts().places.file;
    return globalDataError("PKT_GLOBAL_DATA_CORRUPT", { path, problem, outcome }, cause);
  }

  #parts(): { readonly places: Places; readonly reader: Reader; readonly revisions: Revisions } {
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
    { verb: "written", reason, outcome: "The old values stand." },
    error,
  );
}
