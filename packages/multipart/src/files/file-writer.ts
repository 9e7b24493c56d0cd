/**
 * Writes one upload to disk. While one write is under way, the chunks that arrive are kept and then written together:
 * fewer and larger writes. How much may be kept is shared by all uploads of the process, so that many of them on a slow
 * disk do not fill the memory.
 */
import { storageError } from "../errors.ts";
import type { PartialFile, Storage } from "./storage.ts";

/** Bytes that one upload may have in memory before its client is slowed down. Twice as much gained nothing measurable. */
const MOST = 256 * 1024;

/** So little that one read of a socket, 64 KiB, fills it, and the next one waits for the disk. */
const LEAST = 16 * 1024;

/** Bytes that all uploads may have together, as long as none gets less than the least. */
const SHARED = 2 * 1024 * 1024;

/** How many files are being written. */
let writers = 0;

/** Takes the bytes of one file. Ends with `finish()` or `discard()`. */
export class FileWriter {
  /** Called when there is room again after a `write()` that gave `false`. */
  onDrain: () => void = () => {};
  readonly #storage: Storage;
  readonly #onError: (error: Error) => void;
  readonly #opened: Promise<PartialFile | null>;
  #file: PartialFile | null = null;
  #waiting: Buffer[] = [];
  /** Bytes taken and not written, those of the write under way included. */
  #pending = 0;
  /** Whether the client has been asked to wait. */
  #full = false;
  #writing = false;
  #counted = true;
  #discarded = false;
  #error: Error | null = null;
  /** Called once nothing is being written any more. */
  #onIdle: (() => void)[] = [];

  /**
   * @param filename What the client calls the file.
   * @param onError Told of the first failure; `finish()` rejects with it too.
   */
  constructor(storage: Storage, filename: string, onError: (error: Error) => void) {
    this.#storage = storage;
    this.#onError = onError;
    writers++;
    this.#opened = storage.create(filename).then(
      (file) => {
        this.#file = file;
        this.#goOn();
        return file;
      },
      (error: Error) => {
        this.#fail(error);
        return null;
      },
    );
  }

  /** Takes a chunk; `false` asks for a pause until `onDrain`. */
  write(chunk: Buffer): boolean {
    if (this.#discarded || this.#error !== null) return true;
    this.#waiting.push(chunk);
    this.#pending += chunk.length;
    this.#flush();
    this.#full = this.#pending >= roomOfEach();
    return !this.#full;
  }

  /**
   * Writes what is left, and moves the file to its place.
   *
   * @returns Its path.
   * @throws PKT_MULTIPART_STORAGE, PKT_MULTIPART_STORAGE_FULL; the partial file is gone then.
   */
  async finish(): Promise<string> {
    const file = await this.#opened;
    await this.#idle();
    if (file === null || this.#error !== null) return this.#giveUp(file);
    this.#file = null; // a second close would close what the number has been given to by then
    try {
      await this.#storage.fileSystem.close(file.fd);
      this.#leave();
      return await this.#storage.publish(file);
    } catch (error) {
      this.#error ??= storageError(this.#storage.directory, error);
      return this.#giveUp(file);
    }
  }

  /** Drops the file: closes it and removes what has been written. Never rejects for a file that is gone. */
  async discard(): Promise<void> {
    this.#discarded = true;
    this.#waiting = [];
    const file = await this.#opened;
    await this.#idle();
    await this.#closeFile();
    if (file !== null) await this.#storage.remove(file.path);
  }

  /** The writer counts no more: its file is closed. */
  #leave(): void {
    if (this.#counted) writers--;
    this.#counted = false;
  }

  async #giveUp(file: PartialFile | null): Promise<never> {
    await this.#closeFile();
    if (file !== null) await this.#storage.remove(file.path).catch(() => {}); // the first failure is the one to tell
    throw this.#error;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#leave();
    if (file !== null) await this.#storage.fileSystem.close(file.fd).catch(() => {}); // its content is not wanted
  }

  #idle(): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Writes what has been waiting, and lets the client go on. */
  #goOn(): void {
    this.#flush();
    if (!this.#full || this.#pending >= roomOfEach()) return;
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
      // A disk that gets full takes a part first and says so at the next write; none at all would go on for ever.
      if (written === 0)
        return this.#stop(storageError(this.#storage.directory, new Error("nothing was written")));
      if (this.#discarded) return this.#stop(null);
      this.#append(fd, rest);
    });
  }

  #stop(error: Error | null): void {
    this.#writing = false;
    if (error !== null) this.#fail(error);
    else this.#goOn();
    if (!this.#writing) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #fail(error: Error): void {
    this.#error = error;
    this.#waiting = [];
    this.#onError(error);
    this.onDrain(); // whoever waits for room finds that nothing is taken any more
  }
}

function roomOfEach(): number {
  return Math.max(LEAST, Math.min(MOST, SHARED / writers));
}

function withoutFirst(chunks: Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}
