/** Reads the forms of one server: keeps the options of its routes, and ends each form with its request. */
import type { Readable } from "node:stream";
import type {
  CapabilityHost,
  LogLimiter,
  PacketronRequest,
  PacketronRoute,
  ParsedBody,
} from "@packetron/core";
import { createLogLimiter, fail, PacketronHandlerFlags } from "@packetron/core/capability";
import { multipartError } from "./errors.ts";
import type { FileSystem } from "./files/file-system.ts";
import { RequestFiles } from "./files/request-files.ts";
import { Storage } from "./files/storage.ts";
import { Form } from "./form/form.ts";
import type { FormKind } from "./form/form-files.ts";
import { answerLimit } from "./form/limit-answer.ts";
import { LimitEvents } from "./form/limit-events.ts";
import { type Breach, LimitWatch } from "./form/limit-watch.ts";
import type { NamedValues } from "./form/named-values.ts";
import { parseUrlencoded } from "./form/urlencoded.ts";
import type { MultipartSettings } from "./options.ts";
import { watchEnd } from "./request-end.ts";

const { FILE_UPLOAD, MULTIPART_FORM_DATA, REJECT_ON_LIMIT, DELETE_FILES_AFTER_RESPONSE } =
  PacketronHandlerFlags;

/** How long a stopping server waits for the removal of files, in milliseconds. */
const CLEAN_UP_GRACE = 1_000;

/** Reads the forms of one server. */
export class FormReader {
  readonly #host: CapabilityHost;
  readonly #defaults: MultipartSettings;
  readonly #fileSystem: FileSystem;
  readonly #settings: WeakMap<PacketronRoute, MultipartSettings> = new WeakMap();
  /** Storages by directory; the key `null` stands for the default directory. */
  readonly #storages: Map<string | null, Storage> = new Map();
  readonly #removals: Set<Promise<void>> = new Set();
  readonly #limited: LogLimiter = createLogLimiter();

  constructor(host: CapabilityHost, defaults: MultipartSettings, fileSystem: FileSystem) {
    this.#host = host;
    this.#defaults = defaults;
    this.#fileSystem = fileSystem;
  }

  /** Keeps the options of a route. */
  setSettings(route: PacketronRoute, settings: MultipartSettings): void {
    this.#settings.set(route, settings);
  }

  /** Reads a multipart form. */
  async read(stream: Readable, request: PacketronRequest, route: PacketronRoute): Promise<ParsedBody> {
    const settings = this.#settings.get(route) ?? this.#defaults;
    const files = new RequestFiles(this.#storageFor(settings.fileStorageDirectory));
    let breach: Breach | null = null;
    const watch = this.#createWatch(request, route, settings, (first) => {
      breach ??= first;
      form.fail(first.error);
    });
    const contentType = request.headers["content-type"] ?? "";
    const form: Form = new Form({ stream, contentType, kind: kindOf(route), settings, files, watch });
    this.#bind(form, files, request, route);
    try {
      return await form.result;
    } catch (error) {
      // `form.result` rejects after the files are removed, so the client never reads the 413 before that.
      if (breach !== null) answerLimit(request, breach);
      throw error;
    }
  }

  /** Parses an urlencoded form. */
  parseText(text: string, request: PacketronRequest, report: (error: Error) => void): NamedValues {
    const { route } = request;
    const settings = (route && this.#settings.get(route)) ?? this.#defaults;
    const watch = this.#createWatch(request, route, settings, (breach) => {
      answerLimit(request, breach);
      throw breach.error;
    });
    const fields = parseUrlencoded(text, settings, watch);
    if (watch.error !== null) report(watch.error);
    return fields;
  }

  /**
   * Waits until the files of requests that are over are removed (failed requests, and DELETE_FILES_AFTER_RESPONSE). The
   * wait is limited to 1 s, because a disk can be stuck.
   */
  async close(): Promise<void> {
    const isDone = await Promise.race([this.#cleanUp(), waitFor(CLEAN_UP_GRACE)]);
    if (isDone) return;
    this.#host.log.warn(
      {},
      "the server stopped before all uploaded files were removed: a later process removes those left in partial/",
    );
  }

  async #cleanUp(): Promise<true> {
    await Promise.all(this.#removals);
    await Promise.all([...this.#storages.values()].map((storage) => storage.close()));
    return true;
  }

  #createWatch(
    request: PacketronRequest,
    route: PacketronRoute | null,
    settings: MultipartSettings,
    refuse: (breach: Breach) => void,
  ): LimitWatch {
    const rejects = ((route?.flags ?? 0) & REJECT_ON_LIMIT) !== 0;
    // A listener is a part of the handler: its error fails the request.
    const events = new LimitEvents(request, (error) => {
      if (request.response !== null) fail(error, request, request.response);
    });
    return new LimitWatch(settings, { events, refuse: rejects ? refuse : null });
  }

  #bind(form: Form, files: RequestFiles, request: PacketronRequest, route: PacketronRoute): void {
    const { response } = request;
    if (response === null) return;
    const removeAll = (): void => this.#track(files.removeAll());
    watchEnd(response, {
      failed: () => {
        form.fail(multipartError("PKT_MULTIPART_ABANDONED"));
        removeAll();
      },
      succeeded: () => {
        // The handler may read the form after its answer, so the removal waits for the form.
        if ((route.flags & DELETE_FILES_AFTER_RESPONSE) !== 0) form.result.then(removeAll, () => {});
      },
    });
  }

  #track(removal: Promise<void>): void {
    const tracked = removal
      .catch((error: unknown) => this.#warnOfRemaining(error))
      .finally(() => this.#removals.delete(tracked));
    this.#removals.add(tracked);
  }

  /** A client can abort uploads at any rate, so the line is limited. */
  #warnOfRemaining(error: unknown): void {
    this.#limited("removal", (leftOut) => {
      this.#host.log.warn({ err: error, leftOut }, "uploaded files could not be removed");
    });
  }

  #storageFor(directory: string | null): Storage {
    const known = this.#storages.get(directory);
    if (known !== undefined) return known;
    const { requestTimeout } = this.#host.settings;
    const storage = new Storage({ directory, fileSystem: this.#fileSystem, requestTimeout });
    this.#storages.set(directory, storage);
    return storage;
  }
}

/** Returns what a route needs from a form. With several flags, MULTIPART_FORM_DATA goes first, then FILE_UPLOAD. */
function kindOf({ flags }: PacketronRoute): FormKind {
  if ((flags & MULTIPART_FORM_DATA) !== 0) return "all";
  return (flags & FILE_UPLOAD) !== 0 ? "paths" : "fields";
}

/** Resolves with `false` after `duration` milliseconds, without keeping the process alive. */
function waitFor(duration: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(resolve, duration, false).unref();
  });
}
