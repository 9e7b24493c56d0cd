/** The files of one form, received one after the other, and what `getFiles()` makes of them. */
import type { Readable } from "node:stream";
import type { RequestFiles } from "../files/request-files.ts";
import type { FileInfo, MultipartSettings } from "../options.ts";
import { createFileEntry } from "./file-entry.ts";
import { FilePart } from "./file-part.ts";
import { DiskSink, type FileSink, HookSink, NowhereSink } from "./file-sink.ts";
import type { LimitWatch } from "./limit-watch.ts";
import { createNamedValues, NamedValueCollector, type NamedValues } from "./named-values.ts";

/**
 * What a route wants of a form: its fields (FORM_DATA), the paths of its files (FILE_UPLOAD), or everything
 * (MULTIPART_FORM_DATA).
 */
export type FormKind = "fields" | "paths" | "all";

/** What the files of a form need. */
export interface FormFilesParts {
  readonly kind: FormKind;
  readonly settings: MultipartSettings;
  readonly files: RequestFiles;
  readonly watch: LimitWatch;
  /** Ends the form. */
  readonly fail: (error: unknown) => void;
  /** Called when a file is done, and the client may go on. */
  readonly onProgress: () => void;
}

interface Received {
  readonly field: string;
  readonly info: FileInfo;
  readonly part: FilePart;
}

/** The files of one form. */
export class FormFiles {
  readonly #parts: FormFilesParts;
  readonly #received: Received[] = [];
  #queue: Promise<void> = Promise.resolve();
  #unfinished = 0;

  constructor(parts: FormFilesParts) {
    this.#parts = parts;
  }

  /** Files that have begun in the body and are not done: one packet can hold a thousand small ones. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Whether a file has to wait for its taker: then the body has to wait too, or its bytes would pile up here. */
  get full(): boolean {
    return this.#received.at(-1)?.part.full ?? false;
  }

  /** Receives a file after those that came before. */
  add(field: string, stream: Readable, info: FileInfo): void {
    const { settings, watch, fail, onProgress } = this.#parts;
    const part = new FilePart(stream, {
      maxSize: settings.maxFileSize,
      // Browsers send a file without name and bytes for an input in which none was chosen.
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

  /** Ends everything that is under way. */
  abort(error: Error): void {
    for (const { part } of this.#received) part.abort(error);
  }

  /** What `getFiles()` gives, once all files are complete. */
  async toValues(): Promise<NamedValues> {
    await this.#queue;
    const { kind } = this.#parts;
    return kind === "paths" ? this.#toPaths() : kind === "all" ? this.#toEntries() : createNamedValues();
  }

  #openSink(field: string, info: FileInfo): FileSink {
    const { kind, settings, files, fail } = this.#parts;
    if (kind === "fields") return new NowhereSink();
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

  /** The last path of a name wins; a field whose files were all cut still has its key. */
  async #toPaths(): Promise<NamedValues> {
    const paths = createNamedValues();
    for (const { field, part } of this.#received) {
      if (!(part.sink instanceof DiskSink)) continue;
      const { path } = part.sink;
      const earlier = paths[field];
      if (path !== null && typeof earlier === "string") await this.#parts.files.remove(earlier);
      if (path !== null || earlier === undefined) paths[field] = path;
    }
    return paths;
  }
}
