/** Finds the file of an answer and sends it, for the routes of served files and for `sendFile()`. */
import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type CapabilityHost,
  optionError,
  type PacketronRequest,
  type PacketronResponse,
} from "@packetron/core";
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
  /** The name of a request header on which the answer depends. */
  readonly varies: string | null;
}

/** Sends files on one server. */
export class FileSender {
  readonly #host: CapabilityHost;
  readonly #contents: ContentCache;
  readonly #answers: AnswerCache;
  /** The last results of `sendFile()`. Each call checks the file again: a handler may have just written it. */
  readonly #sent: StatCache<ServedFile>;

  constructor(host: CapabilityHost, settings: StaticSettings) {
    this.#host = host;
    this.#contents = new ContentCache({ total: settings.cacheBytes, file: settings.cacheFileBytes });
    this.#answers = new AnswerCache(host, this.#contents);
    const limits = { maxAge: 0, entries: settings.cacheEntries };
    this.#sent = new StatCache(limits, (file, successor) => this.release(file, successor));
  }

  /** Answers with the file that `find` returns for the request's path. The route was found because the file existed. */
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
   * Sends the file at a path that a handler has chosen.
   *
   * @param call The method that the handler called, for errors: `"sendFile()"`.
   */
  async sendPath(
    response: PacketronResponse,
    path: string,
    options: SendFileOptions,
    disposition: string | null,
    call: string,
  ): Promise<void> {
    const file = await this.#find(path, options);
    if (file === null) throw staticError("PKT_STATIC_NOT_FOUND", { call, path });
    if (this.#host.isAnswered(response, call) || response.destroyed) return;
    const sending = { request: response.req, response, file, disposition };
    await (response.headersSent ? sendAfterHead(sending) : answerFile(sending, this.#contents));
  }

  /** Releases the cached content of a file's representations, except what its successor still has. */
  release(file: ServedFile, successor: ServedFile | null): void {
    const kept = successor === null ? [] : formsOf(successor);
    for (const form of formsOf(file)) if (!kept.includes(form)) this.#contents.release(form);
  }

  async #find(path: string, options: SendFileOptions): Promise<ServedFile | null> {
    // The client may have chosen the text. A text that is not a path has no file, so only other types are an error.
    if (typeof path !== "string") throw optionError("path", path, "a path");
    const { root, flags = 0 } = options;
    if (root !== undefined) assertPath("root", root);
    this.#host.assertFlags("file", flags);
    const look: Omit<LookOptions, "root"> = {
      ...readDescription(options),
      precompressed: false, // another upload in the same directory may have such a name
    };
    const base = root === undefined ? null : await orMissing(root, () => realpath(root));
    if (root !== undefined && base === null) return null;
    const absolute = base === null ? resolve(path) : resolve(base, `./${path}`);
    if (base !== null && !isInside(absolute, base)) return null;
    const key = `${look.tag} ${look.dated} ${base ?? ""}\0${absolute}`; // a path never contains NUL
    const file = await this.#sent.get(key, (old) => lookAtFile(absolute, { ...look, root: base }, old));
    // The cache keeps content and tag. These two options may differ in each call.
    const { acceptRanges } = look;
    return file === null ? null : { ...file, acceptRanges, cacheControl: look.cacheControl(absolute, base) };
  }
}
