/** Finds a file and sends the file to the client, for the routes of served files and for `sendFile()`. */
import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import type { CapabilityHost, PacketronRequest, PacketronResponse } from "@packetron/core";
import { assertFlags, isAnswered, optionError } from "@packetron/core/capability";
import { staticError } from "../errors.ts";
import { ContentCache } from "../files/content-cache.ts";
import { isInside, orMissing } from "../files/open.ts";
import { formsOf, type LookOptions, lookAtFile, type ServedFile } from "../files/served-file.ts";
import { StatCache } from "../files/stat-cache.ts";
import type { SendFileOptions, SetHeaders, StaticSettings } from "../options.ts";
import { assertPath, readDescription } from "../read-options.ts";
import { AnswerCache } from "./answer-cache.ts";
import { answerFile, sendAfterHead } from "./answer-file.ts";
import { addToVary } from "./head.ts";
import { redirectToDirectory } from "./redirect.ts";

/** Headers that an endpoint adds to its answers. */
export interface HeadOptions {
  readonly setHeaders: SetHeaders | null;
  /** The name of a request header on which the answer depends, for `Vary`; `null` for none. */
  readonly varies: string | null;
}

/** The file that a call of `sendFile()` asks for. */
export interface WantedFile {
  readonly path: string;
  /** The directory that the file must be in; `undefined` if the file may be anywhere. */
  readonly root: string | undefined;
  readonly look: Omit<LookOptions, "root">;
}

/** Sends the files of one server, and owns the caches of their content. */
export class FileSender {
  readonly #host: CapabilityHost;
  readonly #contents: ContentCache;
  readonly #answers: AnswerCache;
  /** The files that `sendFile()` found last. Each call checks the file again: a handler may have just changed it. */
  readonly #sent: StatCache<ServedFile>;

  constructor(host: CapabilityHost, settings: StaticSettings) {
    this.#host = host;
    this.#contents = new ContentCache({ total: settings.cacheBytes, file: settings.cacheFileBytes });
    this.#answers = new AnswerCache(this.#contents);
    const limits = { maxAge: 0, entries: settings.cacheEntries };
    this.#sent = new StatCache(limits, (file, successor) => this.release(file, successor));
  }

  /**
   * Answers with the file that `find` returns for the request's path. The file existed when the router chose the route,
   * so `null` from `find` means that the file has vanished, which is an error.
   */
  answer(
    request: PacketronRequest,
    response: PacketronResponse,
    find: (path: string) => ServedFile | null | Promise<ServedFile | null>,
    { setHeaders, varies }: HeadOptions,
  ): void | Promise<void> {
    const found = find(request.path);
    const send = (file: ServedFile | null): void | Promise<void> => {
      if (file === null)
        throw staticError("PKT_STATIC_NOT_FOUND", { call: String(request.route), path: request.path });
      if (file.redirects) return redirectToDirectory(request, response, file.cacheControl);
      if (varies !== null) addToVary(response, varies);
      if (setHeaders !== null) {
        setHeaders(response, file.path);
        if (response.headersSent || response.writableEnded) return;
      }
      if (this.#answers.answer(request, response, file)) return;
      return answerFile({ request, response, file, disposition: null }, this.#contents);
    };
    return found instanceof Promise ? found.then(send) : send(found);
  }

  /**
   * Checks the arguments of `sendFile()` and `downloadFile()`.
   *
   * @throws PKT_OPTION_INVALID, PKT_FLAG_UNKNOWN
   */
  read(path: unknown, options: SendFileOptions): WantedFile {
    // A client may have chosen the path. So a string that no file can have is answered as a missing file, and only a
    // value that is not a string is an error of the program.
    if (typeof path !== "string") throw optionError("path", path, "a path");
    const { root, flags = 0 } = options;
    if (root !== undefined) assertPath("root", root);
    assertFlags(this.#host, "file", flags);
    // In a directory of uploads, `name.gz` may be another user's file.
    return { path, root, look: { ...readDescription(options), precompressed: false } };
  }

  /**
   * Sends the file at the path that a handler passes to `sendFile()` or `downloadFile()`.
   *
   * @param call The method that the handler called, for errors: `"sendFile()"`.
   */
  async sendPath(
    response: PacketronResponse,
    wanted: WantedFile,
    disposition: string | null,
    call: string,
  ): Promise<void> {
    const file = await this.#find(wanted);
    if (file === null) throw staticError("PKT_STATIC_NOT_FOUND", { call, path: wanted.path });
    if (isAnswered(response, call) || response.destroyed) return;
    const sending = { request: response.req, response, file, disposition };
    await (response.headersSent ? sendAfterHead(sending) : answerFile(sending, this.#contents));
  }

  /**
   * Releases the cached content of a file and of its compressed forms. Forms that the newer `successor` of the file
   * shares keep their content.
   */
  release(file: ServedFile, successor: ServedFile | null): void {
    const kept = successor === null ? [] : formsOf(successor);
    for (const form of formsOf(file)) if (!kept.includes(form)) this.#contents.release(form);
  }

  async #find({ path, root, look }: WantedFile): Promise<ServedFile | null> {
    const base = root === undefined ? null : await orMissing(root, () => realpath(root));
    if (root !== undefined && base === null) return null;
    const absolute = base === null ? resolve(path) : resolve(base, `./${path}`);
    if (base !== null && !isInside(absolute, base)) return null;
    const key = `${look.tag} ${look.dated} ${base ?? ""}\0${absolute}`; // a path never contains NUL
    const file = await this.#sent.get(key, (old) => lookAtFile(absolute, { ...look, root: base }, old));
    // The cached file has the options of an earlier call. `acceptRanges` and `cacheControl` must come from this call.
    const { acceptRanges } = look;
    return file === null ? null : { ...file, acceptRanges, cacheControl: look.cacheControl(absolute, base) };
  }
}
