/** Receives the files of one form, one after another, and makes the result of `getFiles()`. */
import type { Readable } from "node:stream";
import type { RequestFiles } from "../files/request-files.ts";
import type { FileInfo, MultipartSettings } from "../options.ts";
import { createFileEntry } from "./file-entry.ts";
import { FilePart } from "./file-part.ts";
import { DiscardSink, DiskSink, type FileSink, HookSink } from "./file-sink.ts";
import type { LimitWatch } from "./limit-watch.ts";
import { createNamedValues, NamedValueCollector, type NamedValues } from "./named-values.ts";

/**
 * What a route needs from a form: fields (FORM_DATA), the paths of files (FILE_UPLOAD), or fields and file entries
 * (MULTIPART_FORM_DATA).
 */
export type FormKind = "fields" | "paths" | "all";

/** Settings, limits and callbacks for the files of one form. */
export interface FormFilesOptions {
  readonly kind: FormKind;
  readonly settings: MultipartSettings;
  readonly files: RequestFiles;
  readonly watch: LimitWatch;
  /** Ends the form with an error. */
  readonly fail: (error: unknown) => void;
  /** Called when a file is complete, or when the target of its bytes can take more: the body may be read further. */
  readonly onProgress: () => void;
}

interface Received {
  readonly field: string;
  readonly info: FileInfo;
  readonly part: FilePart;
}

/** Receives the files of one form in their order. */
export class FormFiles {
  readonly #options: FormFilesOptions;
  readonly #received: Received[] = [];
  #queue: Promise<void> = Promise.resolve();
  #unfinished = 0;

  constructor(options: FormFilesOptions) {
    this.#options = options;
  }

  /** Number of files whose header lines were read and that are not complete. One packet can hold a thousand files. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Whether the last file waits until the disk or the hook has taken its bytes. Then the body must wait as well. */
  get full(): boolean {
    return this.#received.at(-1)?.part.full ?? false;
  }

  /** Adds a file to the form. Its bytes are received when all earlier files are complete. */
  add(field: string, stream: Readable, info: FileInfo): void {
    const { settings, watch, fail, onProgress } = this.#options;
    const part = new FilePart(stream, {
      maxSize: settings.maxFileSize,
      // For a file input without a chosen file, browsers send a file without name and bytes.
      keepEmpty: info.filename !== "",
      open: () => this.#openSink(field, info),
      onCut: () => watch.cutFile(field, info),
      onDrain: onProgress,
    });
    this.#received.push({ field, info, part });
    this.#unfinished++;
    this.#queue = this.#queue
      .then(() => part.receive())
      .catch(fail)
      .then(() => {
        this.#unfinished--;
        onProgress();
      });
  }

  /** Aborts all files, because the form has failed. */
  abort(error: Error): void {
    for (const { part } of this.#received) part.abort(error);
  }

  /** Resolves with the result of `getFiles()` once all files are complete. */
  async toValues(): Promise<NamedValues> {
    await this.#queue;
    const { kind } = this.#options;
    return kind === "paths" ? this.#toPaths() : kind === "all" ? this.#toEntries() : createNamedValues();
  }

  #openSink(field: string, info: FileInfo): FileSink {
    const { kind, settings, files, fail } = this.#options;
    if (kind === "fields") return new DiscardSink();
    if (kind === "all" && settings.onFile !== null) return new HookSink(settings.onFile, field, info, fail);
    return new DiskSink(files, info.filename, fail);
  }

  async #toEntries(): Promise<NamedValues> {
    const entries = new NamedValueCollector();
    for (const { field, info, part } of this.#received) {
      const { sink, size } = part;
      if (sink instanceof DiskSink) entries.add(field, createFileEntry(sink.path, size, info));
      else if (sink instanceof HookSink) {
        const value = await sink.value;
        entries.add(field, sink.hasValue ? value : createFileEntry(null, size, info));
      }
    }
    return entries.toValues();
  }

  /** Returns for each field the path of its last file; `null` if every file was too large. Removes earlier files. */
  async #toPaths(): Promise<NamedValues> {
    const paths = createNamedValues();
    for (const { field, part } of this.#received) {
      if (!(part.sink instanceof DiskSink)) continue;
      const { path } = part.sink;
      const earlier = paths[field];
      if (path !== null && typeof earlier === "string") await this.#options.files.remove(earlier);
      if (path !== null || earlier === undefined) paths[field] = path;
    }
    return paths;
  }
}
