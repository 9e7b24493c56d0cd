/** The three targets (sinks) for the bytes of an uploaded file: the disk, the hook `onFile`, or none (discarded). */
import { multipartError } from "../errors.ts";
import type { FileWriter } from "../files/file-writer.ts";
import type { RequestFiles } from "../files/request-files.ts";
import type { FileHook, FileInfo } from "../options.ts";
import { HookStream } from "./hook-stream.ts";

/** The target of the bytes of one uploaded file. */
export interface FileSink {
  /** Called when the sink can take chunks again, after `write()` returned `false`. */
  onDrain: () => void;
  /** Takes a chunk. When `write()` returns `false`, the caller must wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  /** Drops the file, because it exceeds `maxFileSize`. The caller writes no more chunks. */
  cut(error: Error): void;
  /** Ends the file after its last byte. Resolves when the next file may begin. */
  finish(): Promise<void>;
  /** Drops the file, because its form has failed. */
  abort(error: Error): void;
}

/** Writes a file to disk. `path` is set when the file is finished, and stays `null` for a file that was cut. */
export class DiskSink implements FileSink {
  path: string | null = null;
  readonly #files: RequestFiles;
  readonly #writer: FileWriter;
  #discarded: Promise<void> | null = null;

  constructor(files: RequestFiles, filename: string, onError: (error: Error) => void) {
    this.#files = files;
    this.#writer = files.open(filename, onError);
  }

  set onDrain(resume: () => void) {
    this.#writer.onDrain = resume;
  }

  write(chunk: Buffer): boolean {
    return this.#writer.write(chunk);
  }

  cut(): void {
    this.#discarded = this.#files.discard(this.#writer);
    this.#discarded.catch(() => {}); // finish() rejects with this error
  }

  async finish(): Promise<void> {
    if (this.#discarded !== null) await this.#discarded;
    else this.path = await this.#files.finish(this.#writer);
  }

  abort(): void {} // `RequestFiles` removes all files of the request together
}

/** Passes a file to the hook `onFile`. */
export class HookSink implements FileSink {
  /** The hook's result. Rejects with PKT_MULTIPART_ON_FILE, unless the hook failed because its stream was cut. */
  readonly value: Promise<unknown>;
  /** Whether `value` is the hook's result. False when the hook failed because its stream was cut. */
  hasValue = true;
  readonly #stream: HookStream = new HookStream();
  readonly #field: string;
  #isCut = false;

  constructor(hook: FileHook, field: string, info: FileInfo, onError: (error: Error) => void) {
    this.#field = field;
    this.value = this.#call(hook, info);
    this.value.then(() => this.#stream.abandon(), onError);
  }

  set onDrain(resume: () => void) {
    this.#stream.onDrain = resume;
  }

  write(chunk: Buffer): boolean {
    return this.#stream.feed(chunk);
  }

  cut(error: Error): void {
    this.#isCut = true;
    this.#stream.destroy(error);
  }

  async finish(): Promise<void> {
    this.#stream.feed(null);
  }

  abort(error: Error): void {
    this.#stream.destroy(error);
  }

  async #call(hook: FileHook, info: FileInfo): Promise<unknown> {
    try {
      return await hook(this.#field, this.#stream, info);
    } catch (error) {
      if (this.#isCut) {
        this.hasValue = false;
        return undefined;
      }
      const reason = error instanceof Error ? error.message : String(error);
      throw multipartError("PKT_MULTIPART_ON_FILE", { field: JSON.stringify(this.#field), reason }, error);
    }
  }
}

/** Discards a file: a route with FORM_DATA needs only the fields. */
export class DiscardSink implements FileSink {
  onDrain: () => void = () => {};

  write(): boolean {
    return true;
  }

  cut(): void {}

  async finish(): Promise<void> {}

  abort(): void {}
}
