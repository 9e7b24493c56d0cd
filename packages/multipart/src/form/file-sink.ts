/** Where the bytes of one file go: to disk, to the user's hook, or nowhere. */
import { multipartError } from "../errors.ts";
import type { FileWriter } from "../files/file-writer.ts";
import type { RequestFiles } from "../files/request-files.ts";
import type { FileHook, FileInfo } from "../options.ts";
import { HookStream } from "./hook-stream.ts";

/** Takes the bytes of one file. */
export interface FileSink {
  /** Called when there is room again after a `write()` that gave `false`. */
  onDrain: () => void;
  /** Takes a chunk; `false` asks for a pause until `onDrain`. */
  write(chunk: Buffer): boolean;
  /** The file is larger than it may be; what still comes is only counted. */
  cut(error: Error): void;
  /** All bytes have come; resolves when the next file may begin. */
  finish(): Promise<void>;
  /** The form has failed. */
  abort(error: Error): void;
}

/** A file on its way to disk. `path` is there once it is finished, `null` for one that was cut. */
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
    this.#discarded.catch(() => {}); // finish() tells
  }

  async finish(): Promise<void> {
    if (this.#discarded !== null) await this.#discarded;
    else this.path = await this.#files.finish(this.#writer);
  }

  abort(): void {} // the files of the request go together
}

/** A file in the hands of `onFile`. */
export class HookSink implements FileSink {
  /** What the hook gives; rejects with PKT_MULTIPART_ON_FILE, but not when it lost its stream to a limit. */
  readonly value: Promise<unknown>;
  /** Whether the value is the hook's: false when it failed because its stream was cut. */
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

/** Takes everything and keeps nothing: for files of a form whose fields alone are wanted. */
export class NowhereSink implements FileSink {
  onDrain: () => void = () => {};

  write(): boolean {
    return true;
  }

  cut(): void {}

  async finish(): Promise<void> {}

  abort(): void {}
}
