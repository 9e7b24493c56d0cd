/** All files of one request, so that they are removed together when it fails. */
import { FileWriter } from "./file-writer.ts";
import type { Storage } from "./storage.ts";

/** The files of one request on disk: those that are complete, and those that are being written. */
export class RequestFiles {
  readonly #storage: Storage;
  /** Writers of unfinished files, each with the promise of its path once `finish()` was called. */
  readonly #writers: Map<FileWriter, Promise<string> | null> = new Map();
  readonly #paths: Set<string> = new Set();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /**
   * Begins a file.
   *
   * @param filename The client's name of the file.
   * @param onError Called with the first failure.
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

  /** Drops an unfinished file. */
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

  /** Removes all files, complete or not. After every removal was tried, it rejects with the first failure. */
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
