/**
 * Reads one multipart/form-data body: busboy finds the parts, this puts them together. It ends once, with a result or an
 * error, and in the second case leaves nothing behind: no file, no open descriptor, no stream that waits.
 */
import type { Readable } from "node:stream";
import type { ParsedBody } from "@packetron/core";
import type { Busboy } from "busboy";
import type { RequestFiles } from "../files/request-files.ts";
import type { FileInfo, MultipartSettings } from "../options.ts";
import { assertBoundary } from "./boundary.ts";
import { createBusboy } from "./busboy.ts";
import { decodeValue, limitName } from "./field.ts";
import { FormFiles, type FormKind } from "./form-files.ts";
import type { LimitWatch } from "./limit-watch.ts";
import { NamedValueCollector } from "./named-values.ts";
import { type PartHead, watchPartHeads } from "./part-head.ts";

/** What a form is read with. */
export interface FormParts {
  /** The body, as core gives it. */
  readonly stream: Readable;
  readonly contentType: string;
  readonly kind: FormKind;
  readonly settings: MultipartSettings;
  readonly files: RequestFiles;
  readonly watch: LimitWatch;
}

/** A form that is being read. */
export class Form {
  /** Resolves with the form; rejects once nothing of it is left on disk. */
  readonly result: Promise<ParsedBody>;
  readonly #parts: FormParts;
  readonly #busboy: Busboy;
  readonly #fields: NamedValueCollector = new NamedValueCollector();
  readonly #files: FormFiles;
  /** Of the part that is being read. */
  #head: PartHead | null = null;
  #count = 0;
  #ended = false;
  #resolve: (form: ParsedBody) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /** @throws Error when the Content-Type has no usable boundary. */
  constructor(parts: FormParts) {
    this.#parts = parts;
    const { contentType, kind, settings, files, watch } = parts;
    assertBoundary(contentType);
    this.#busboy = createParser(contentType, settings);
    this.#files = new FormFiles({
      kind,
      settings,
      files,
      watch,
      fail: (error) => this.fail(error),
      onProgress: () => this.#goOn(),
    });
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#listen();
    this.#feed();
  }

  /** Ends the form with an error, and removes its files. The first end counts. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#parts.stream.destroy();
    this.#busboy.destroy();
    this.#files.abort(reason);
    const reject = (): void => this.#reject(error);
    this.#parts.files.removeAll().then(reject, reject);
  }

  #listen(): void {
    const { kind } = this.#parts;
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
    busboy.on("error", (error) => this.fail(error)); // it may come more than once, and after the end
    busboy.on("close", () => this.#complete());
  }

  /** Whether busboy is to go into a part. */
  #accept(head: PartHead | null, pairs: number): boolean {
    const { settings, watch } = this.#parts;
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
    this.#count++;
    if (this.#count === settings.maxParts + 1) this.#leaveOut("maxParts");
    return this.#count <= settings.maxParts;
  }

  /** busboy goes on for the rest of a chunk when the form has ended. */
  #leaveOut(limit: "maxFiles" | "maxFields" | "maxParts"): void {
    if (!this.#ended) this.#parts.watch.leaveOut(limit, this.#head?.name ?? "");
  }

  #addField(head: PartHead, latin1: string): void {
    const { settings, watch } = this.#parts;
    const name = this.#nameOf(head);
    const bytes = Buffer.from(latin1, "latin1");
    if (bytes.length > settings.maxFieldSize) watch.cutField("maxFieldSize", name);
    this.#fields.add(name, decodeValue(bytes, head.charset, settings.maxFieldSize));
  }

  #nameOf(head: PartHead): string {
    return limitName(head.name, this.#parts.settings, this.#parts.watch);
  }

  /** Gives busboy the body at its pace, and that of the files. */
  #feed(): void {
    const { stream } = this.#parts;
    stream.on("data", (chunk: Buffer) => {
      this.#write(chunk);
      if (this.#mustWait()) stream.pause();
    });
    stream.once("end", () => this.#busboy.end());
    stream.once("error", (error) => this.fail(error));
    stream.once("close", () => {
      if (!stream.readableEnded) this.fail(new Error("the body ended early"));
    });
    this.#busboy.on("drain", () => this.#goOn());
  }

  /** busboy calls back from inside: what is thrown there would end the process. */
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

  #goOn(): void {
    const { stream } = this.#parts;
    if (!this.#ended && stream.isPaused() && !this.#mustWait()) stream.resume();
  }

  /** busboy has read everything, and so have the takers of all files but the last steps of their work. */
  async #complete(): Promise<void> {
    if (this.#ended) return;
    const { kind, watch } = this.#parts;
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
 * busboy, with limits that are one above ours where it calls a form of exactly the limit too large. Values of fields are
 * asked for as Latin-1, which is a way to get their bytes.
 */
function createParser(contentType: string, settings: MultipartSettings): Busboy {
  return createBusboy({
    headers: { "content-type": contentType },
    highWaterMark: 1, // so that it tells when it has taken each chunk
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
