/** All files of one request, so that they go together when it fails. */
import { FileWriter } from "./file-writer.ts";
import type { Storage } from "./storage.ts";

/** The files that a request has on disk, complete and under way. */
export class RequestFiles {
  readonly #storage: Storage;
  /** Under way, with the promise of the path once they are being completed. */
  readonly #writers: Map<FileWriter, Promise<string> | null> = new Map();
  readonly #paths: Set<string> = new Set();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /**
   * Begins a file.
   *
   * @param filename What the client calls it.
   */
  open(filename: string, onError: (error: Error) => void): FileWriter {
    const writer = new FileWriter(this.#storage, filename, onError);
    this.#writers.set(writer, null);
    return writer;
  }

  /** Completes a file and gives its path. */
  async finish(writer: FileWriter): Promise<string> {
    const finishing = writer.finish();
    this.#writers.set(writer, finishing);
    const path = await finishing;
    this.#writers.delete(writer);
    this.#paths.add(path);
    return path;
  }

  /** Drops a file under way. */
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

  /** Removes everything, complete or not. Rejects after all was tried, with the first failure. */
  async removeAll(): Promise<void> {
    const removals = [
      ...[...this.#writers.keys()].map((writer) => this.discard(writer)),
      ...[...this.#paths].map((path) => this.remove(path)),
    ];
    const [failure] = (await Promise.allSettled(removals)).filter(({ status }) => status === "rejected");
    if (failure?.status === "rejected") throw failure.reason;
  }
}

/** A file that could not be completed has removed itself. */
function ignore(): void {}
