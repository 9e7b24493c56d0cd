/**
 * Reads one multipart/form-data body: busboy finds the parts, and this file assembles them. A form ends once, with a
 * result or an error. After an error nothing is left: no file, no open descriptor, no waiting stream.
 */
import type { Readable } from "node:stream";
import type { ParsedBody } from "@packetron/core";
import type { Busboy } from "busboy";
import type { RequestFiles } from "../files/request-files.ts";
import type { FileInfo, MultipartSettings } from "../options.ts";
import { assertBoundary } from "./boundary.ts";
import { createBusboy } from "./busboy.ts";
import { cutName, decodeValue } from "./field.ts";
import { FormFiles, type FormKind } from "./form-files.ts";
import type { LimitWatch } from "./limit-watch.ts";
import { NamedValueCollector } from "./named-values.ts";
import { type PartHead, watchPartHeads } from "./part-head.ts";

/** The body of a form, and the settings for reading the body. */
export interface FormOptions {
  /** The body stream that core opened for the parser. */
  readonly stream: Readable;
  readonly contentType: string;
  readonly kind: FormKind;
  readonly settings: MultipartSettings;
  readonly files: RequestFiles;
  readonly watch: LimitWatch;
}

/** Reads one form. */
export class Form {
  /** Resolves with fields and files. If the form fails, rejects after all files of the form are removed from disk. */
  readonly result: Promise<ParsedBody>;
  readonly #options: FormOptions;
  readonly #busboy: Busboy;
  readonly #fields: NamedValueCollector = new NamedValueCollector();
  readonly #files: FormFiles;
  /** The header lines of the part that busboy reads now; `null` before the first part. */
  #head: PartHead | null = null;
  #partCount = 0;
  #ended = false;
  #resolve: (form: ParsedBody) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /** @throws Error when the Content-Type has no usable boundary. */
  constructor(options: FormOptions) {
    this.#options = options;
    const { contentType, kind, settings, files, watch } = options;
    assertBoundary(contentType);
    this.#busboy = createParser(contentType, settings);
    this.#files = new FormFiles({
      kind,
      settings,
      files,
      watch,
      fail: (error) => this.fail(error),
      onProgress: () => this.#resume(),
    });
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#listen();
    this.#feed();
  }

  /** Ends the form with an error and removes its files. Does nothing when the form has ended. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#options.stream.destroy();
    this.#busboy.destroy();
    this.#files.abort(reason);
    const reject = (): void => this.#reject(error);
    this.#options.files.removeAll().then(reject, reject);
  }

  #listen(): void {
    const { kind } = this.#options;
    const busboy = this.#busboy;
    watchPartHeads(busboy, (head, pairs) => this.#accept(head, pairs));
    busboy.on("file", (_name, stream) => {
      if (this.#head === null || this.#ended) stream.resume();
      else this.#files.add(this.#nameOf(this.#head), stream, infoOf(this.#head));
    });
    if (kind !== "paths") {
      busboy.on("field", (_name, value) => {
        if (this.#head !== null && !this.#ended) this.#addField(this.#head, value);
      });
    }
    busboy.on("filesLimit", () => this.#leaveOut("maxFiles"));
    busboy.on("fieldsLimit", () => this.#leaveOut("maxFields"));
    busboy.on("error", (error) => this.fail(error)); // busboy can emit it more than once, and after the end
    busboy.on("close", () => this.#complete());
  }

  /** Checks the header lines of a part. Returns whether busboy reads the part; otherwise busboy skips the part. */
  #accept(head: PartHead | null, pairs: number): boolean {
    const { settings, watch } = this.#options;
    this.#head = head;
    if (this.#ended) return false;
    if (pairs > settings.maxHeaderPairs) {
      watch.refuseHead(head?.name ?? "");
      this.fail(
        new Error(
          `a part has ${pairs} header lines, more than the ${settings.maxHeaderPairs} of maxHeaderPairs`,
        ),
      );
      return false;
    }
    this.#partCount++;
    if (this.#partCount === settings.maxParts + 1) this.#leaveOut("maxParts");
    return this.#partCount <= settings.maxParts;
  }

  /** Reports a limit that leaves parts out. After the end of the form, busboy still parses the rest of its chunk. */
  #leaveOut(limit: "maxFiles" | "maxFields" | "maxParts"): void {
    if (!this.#ended) this.#options.watch.leaveOut(limit, this.#head?.name ?? "");
  }

  #addField(head: PartHead, latin1: string): void {
    const { settings, watch } = this.#options;
    const name = this.#nameOf(head);
    const bytes = Buffer.from(latin1, "latin1");
    if (bytes.length > settings.maxFieldSize) watch.cutField("maxFieldSize", name);
    this.#fields.add(name, decodeValue(bytes, head.charset, settings.maxFieldSize));
  }

  #nameOf(head: PartHead): string {
    return cutName(head.name, this.#options.settings, this.#options.watch);
  }

  /** Writes the body to busboy, and pauses the body while busboy or a file cannot take more bytes. */
  #feed(): void {
    const { stream } = this.#options;
    stream.on("data", (chunk: Buffer) => {
      this.#write(chunk);
      if (this.#mustWait()) stream.pause();
    });
    stream.once("end", () => this.#busboy.end());
    stream.once("error", (error) => this.fail(error));
    stream.once("close", () => {
      if (!stream.readableEnded) this.fail(new Error("the body was closed before its end"));
    });
    this.#busboy.on("drain", () => this.#resume());
  }

  /** busboy calls listeners from `write()`: an uncaught error of a listener would end the process. */
  #write(chunk: Buffer): void {
    try {
      this.#busboy.write(chunk);
    } catch (error) {
      this.fail(error);
    }
  }

  #mustWait(): boolean {
    return this.#busboy.writableLength > 0 || this.#files.unfinished > 1 || this.#files.full;
  }

  #resume(): void {
    const { stream } = this.#options;
    if (!this.#ended && stream.isPaused() && !this.#mustWait()) stream.resume();
  }

  /** Ends the form after busboy has read all of it. The sinks may still write, close and move their files. */
  async #complete(): Promise<void> {
    if (this.#ended) return;
    const { kind, watch } = this.#options;
    try {
      const files = await this.#files.toValues();
      if (this.#ended) return;
      this.#ended = true;
      const body = kind === "paths" ? "" : this.#fields.toValues();
      this.#resolve({ body, files, ...(watch.error !== null && { error: watch.error }) });
    } catch (error) {
      this.fail(error);
    }
  }
}

/**
 * Creates busboy. Two limits are one higher than those of the form, because busboy counts a form of exactly the limit
 * as too large. busboy decodes values of fields as Latin-1, which preserves their bytes.
 */
function createParser(contentType: string, settings: MultipartSettings): Busboy {
  return createBusboy({
    headers: { "content-type": contentType },
    highWaterMark: 1, // so that busboy emits `drain` after each chunk
    defCharset: "latin1",
    limits: {
      fieldSize: settings.maxFieldSize + 1,
      fields: settings.maxFields,
      files: settings.maxFiles,
      parts: settings.maxParts + 1,
    },
  });
}

function infoOf({ filename, encoding, mimeType }: PartHead): FileInfo {
  return { filename, encoding, mimeType };
}
