/** Keeps track of all files of one request, so that all are removed when the request fails. */
import { FileWriter } from "./file-writer.ts";
import type { Storage } from "./storage.ts";

/** The complete and the unfinished files of one request on disk. */
export class RequestFiles {
  readonly #storage: Storage;
  /** The writers of unfinished files. The value is the promise of `finish()`; `null` before `finish()` is called. */
  readonly #writers: Map<FileWriter, Promise<string> | null> = new Map();
  readonly #paths: Set<string> = new Set();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /**
   * Creates a file on disk, and returns the writer for its bytes.
   *
   * @param filename The client's name of the file.
   * @param onError Called with the first error of the writer.
   */
  open(filename: string, onError: (error: Error) => void): FileWriter {
    const writer = new FileWriter(this.#storage, filename, onError);
    this.#writers.set(writer, null);
    return writer;
  }

  /** Completes a file and resolves with its path. */
  async finish(writer: FileWriter): Promise<string> {
    const finishing = writer.finish();
    this.#writers.set(writer, finishing);
    const path = await finishing;
    this.#writers.delete(writer);
    this.#paths.add(path);
    return path;
  }

  /** Stops writing an unfinished file, and removes the file from disk. */
  async discard(writer: FileWriter): Promise<void> {
    const finishing = this.#writers.get(writer) ?? null;
    if (finishing !== null) await finishing.then((path) => this.remove(path), ignore);
    else await writer.discard();
    this.#writers.delete(writer);
  }

  /** Removes a complete file. */
  async remove(path: string): Promise<void> {
    this.#paths.delete(path);
    await this.#storage.remove(path);
  }

  /** Removes all files, complete and unfinished. Tries every file first, and then rejects with the first error. */
  async removeAll(): Promise<void> {
    const removals = [
      ...[...this.#writers.keys()].map((writer) => this.discard(writer)),
      ...[...this.#paths].map((path) => this.remove(path)),
    ];
    const [failure] = (await Promise.allSettled(removals)).filter(({ status }) => status === "rejected");
    if (failure?.status === "rejected") throw failure.reason;
  }
}

/** Ignores the failure of `finish()`: the writer has removed its file. */
function ignore(): void {}
