/**
 * Writes one upload to disk. Chunks that arrive during a write are kept in memory, and then written together, which
 * makes fewer and larger writes. All uploads of the process share a limit for kept chunks, so that many uploads to a
 * slow disk do not fill the memory.
 */
import { storageError } from "../errors.ts";
import type { PartialFile, Storage } from "./storage.ts";

/** Bytes that one upload may keep in memory before its client has to wait. Twice as many bytes were not faster. */
const MAX_KEPT = 256 * 1024;

/**
 * Bytes that each upload may keep in memory even if there are very many uploads. One read of a socket (64 KiB) already
 * exceeds this number, so the next read waits until the disk has written.
 */
const MIN_KEPT = 16 * 1024;

/** Bytes that all uploads may keep in memory together, as long as each upload's share is at least `MIN_KEPT`. */
const MAX_KEPT_BY_ALL = 2 * 1024 * 1024;

/** Number of files that this process is writing now. */
let writers = 0;

/** Writes the bytes of one file. The caller must end each writer with `finish()` or `discard()`. */
export class FileWriter {
  /** Called when the writer can take chunks again, after `write()` returned `false`. */
  onDrain: () => void = () => {};
  readonly #storage: Storage;
  readonly #onError: (error: Error) => void;
  readonly #opened: Promise<PartialFile | null>;
  #file: PartialFile | null = null;
  #waiting: Buffer[] = [];
  /** Bytes that `write()` has taken and that are not on disk yet, including the bytes of the current write. */
  #pending = 0;
  /** Whether the last `write()` returned `false`, so that the caller waits for `onDrain`. */
  #full = false;
  #writing = false;
  #counted = true;
  #discarded = false;
  #error: Error | null = null;
  /** Callbacks that are called when no write is in progress any more. */
  #onIdle: (() => void)[] = [];

  /**
   * @param filename The client's name of the file.
   * @param onError Called with the first error of this file. `finish()` rejects with the same error.
   */
  constructor(storage: Storage, filename: string, onError: (error: Error) => void) {
    this.#storage = storage;
    this.#onError = onError;
    writers++;
    this.#opened = storage.create(filename).then(
      (file) => {
        this.#file = file;
        this.#resume();
        return file;
      },
      (error: Error) => {
        this.#fail(error);
        return null;
      },
    );
  }

  /** Takes a chunk. When `write()` returns `false`, the caller must wait for `onDrain`. */
  write(chunk: Buffer): boolean {
    if (this.#discarded || this.#error !== null) return true;
    this.#waiting.push(chunk);
    this.#pending += chunk.length;
    this.#flush();
    this.#full = this.#pending >= maxKeptByEach();
    return !this.#full;
  }

  /**
   * Writes the remaining chunks, and moves the file out of `partial/` to its final path.
   *
   * @returns The path of the file.
   * @throws PKT_MULTIPART_STORAGE, PKT_MULTIPART_STORAGE_FULL, after the incomplete file was removed.
   */
  async finish(): Promise<string> {
    const file = await this.#opened;
    await this.#idle();
    if (file === null || this.#error !== null) return this.#rejectFinish(file);
    this.#file = null; // a second close could close another file that has got the same descriptor
    try {
      await this.#storage.fileSystem.close(file.fd);
      this.#releaseShare();
      return await this.#storage.publish(file);
    } catch (error) {
      this.#error ??= storageError(this.#storage.directory, error);
      return this.#rejectFinish(file);
    }
  }

  /** Closes the file and removes it from disk. A file that is already missing is not an error. */
  async discard(): Promise<void> {
    this.#discarded = true;
    this.#waiting = [];
    const file = await this.#opened;
    await this.#idle();
    await this.#closeFile();
    if (file !== null) await this.#storage.remove(file.path);
  }

  /** Returns this writer's share of the memory to the other writers. Repeated calls have no effect. */
  #releaseShare(): void {
    if (this.#counted) writers--;
    this.#counted = false;
  }

  async #rejectFinish(file: PartialFile | null): Promise<never> {
    await this.#closeFile();
    if (file !== null) await this.#storage.remove(file.path).catch(() => {}); // only the first error is reported
    throw this.#error;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#releaseShare();
    if (file !== null) await this.#storage.fileSystem.close(file.fd).catch(() => {}); // the file is dropped anyway
  }

  #idle(): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Writes the waiting chunks, and calls `onDrain` if the caller waits and there is room for more chunks. */
  #resume(): void {
    this.#flush();
    if (!this.#full || this.#pending >= maxKeptByEach()) return;
    this.#full = false;
    this.onDrain();
  }

  #flush(): void {
    if (this.#writing || this.#file === null || this.#waiting.length === 0) return;
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#writing = true;
    this.#append(this.#file.fd, chunks);
  }

  #append(fd: number, chunks: Buffer[]): void {
    this.#storage.fileSystem.append(fd, chunks, (error, written) => {
      if (error !== null) return this.#stop(storageError(this.#storage.directory, error));
      this.#pending -= written;
      const rest = withoutFirst(chunks, written);
      if (rest.length === 0) return this.#stop(null);
      // A disk that fills up writes a part first, and fails at the next write. Repeating a write of 0 bytes could loop
      // for ever.
      if (written === 0)
        return this.#stop(storageError(this.#storage.directory, new Error("a write took 0 bytes")));
      if (this.#discarded) return this.#stop(null);
      this.#append(fd, rest);
    });
  }

  #stop(error: Error | null): void {
    this.#writing = false;
    if (error !== null) this.#fail(error);
    else this.#resume();
    if (!this.#writing) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #fail(error: Error): void {
    this.#error = error;
    this.#waiting = [];
    this.#onError(error);
    this.onDrain(); // a caller that waits for room continues: write() drops further chunks
  }
}

function maxKeptByEach(): number {
  return Math.max(MIN_KEPT, Math.min(MAX_KEPT, MAX_KEPT_BY_ALL / writers));
}

function withoutFirst(chunks: Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}
