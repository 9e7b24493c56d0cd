/** Answers requests with files: from memory where it has them, else from disk at the pace of the client. */

import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type CapabilityHost,
  PacketronFileRouterFlags,
  type PacketronRequest,
  PacketronResponse,
} from "@packetron/core";
import { optionError, staticError } from "../errors.ts";
import { ContentCache } from "../files/content-cache.ts";
import { LookUpCache } from "../files/look-up-cache.ts";
import { isInside, openFile, orMissing } from "../files/open.ts";
import { Representation, weakTag } from "../files/representation.ts";
import { formsOf, type LookOptions, lookAtFile, type ServedFile } from "../files/served-file.ts";
import { chooseEncoding } from "../http/accept-encoding.ts";
import { assertPath, readCacheControl, type SendFileOptions, type StaticSettings } from "../options.ts";
import { writeHead } from "./head.ts";
import { type Body, bodyOf } from "./parts.ts";
import { type Plan, planAnswer } from "./plan.ts";
import { transfer } from "./transfer.ts";

/** What is sent, to whom, and under which name it is saved. */
interface Sending {
  readonly request: PacketronRequest;
  readonly response: PacketronResponse;
  readonly file: ServedFile;
  readonly disposition: string | null;
}

/** Sends files on one server. */
export class FileSender {
  readonly #host: CapabilityHost;
  readonly #contents: ContentCache;
  /** What `sendFile()` found the last time; never trusted without a look, for a handler may just have written the file. */
  readonly #sent: LookUpCache<ServedFile>;

  constructor(host: CapabilityHost, settings: StaticSettings) {
    this.#host = host;
    this.#contents = new ContentCache({ total: settings.cacheBytes, file: settings.cacheFileBytes });
    const limits = { maxAge: 0, entries: settings.cacheEntries };
    this.#sent = new LookUpCache(limits, (file, successor) => this.release(file, successor));
  }

  /** Answers with the file that `find` gives for the path of the request; it was there a moment ago. */
  answer(
    request: PacketronRequest,
    response: PacketronResponse,
    find: (path: string) => ServedFile | null | Promise<ServedFile | null>,
  ): void | Promise<void> {
    const file = find(request.path);
    return file instanceof Promise
      ? file.then((found) => this.#answer(request, response, found))
      : this.#answer(request, response, file);
  }

  /** Sends the file at a path that a handler has chosen. */
  async sendPath(
    response: PacketronResponse,
    path: string,
    options: SendFileOptions,
    disposition: string | null,
    call: string,
  ): Promise<void> {
    const { req: request } = response;
    // Any text may come from outside: one that is no path has no file.
    if (typeof path !== "string") throw optionError("path", path, "a path");
    const { root } = options;
    if (root !== undefined) assertPath("root", root);
    const flags = options.flags ?? 0;
    this.#host.assertFlags("file", flags);
    const lookOptions = {
      strong: (flags & PacketronFileRouterFlags.STRONG_ETAG) !== 0,
      precompressed: false, // next to an upload may lie another one with such a name
      cacheControl: readCacheControl(options.cacheControl),
    };
    const file = await this.#lookAt(path, root, lookOptions);
    if (file === null) throw staticError("PKT_STATIC_NOT_FOUND", { call, path });
    if (this.#host.isAnswered(response, call) || response.destroyed) return;
    if (response.headersSent) return sendBehindHead(request, response, file.plain); // writeHead() was called
    await this.#send({ request, response, file, disposition });
  }

  /** Lets go of the content of forms that are not in the file that takes their place. */
  release(file: ServedFile, successor: ServedFile | null): void {
    const kept = successor === null ? [] : formsOf(successor);
    for (const form of formsOf(file)) if (!kept.includes(form)) this.#contents.release(form);
  }

  #answer(
    request: PacketronRequest,
    response: PacketronResponse,
    file: ServedFile | null,
  ): void | Promise<void> {
    if (file === null)
      throw staticError("PKT_STATIC_NOT_FOUND", { call: String(request.route), path: request.path });
    return this.#send({ request, response, file, disposition: null });
  }

  async #lookAt(
    path: string,
    root: string | undefined,
    options: Omit<LookOptions, "root">,
  ): Promise<ServedFile | null> {
    const base = root === undefined ? null : await orMissing(root, () => realpath(root));
    if (root !== undefined && base === null) return null;
    const absolute = resolve(base ?? "", base === null ? path : `./${path}`);
    if (base !== null && !isInside(absolute, base)) return null;
    const key = `${options.strong} ${absolute}`;
    const file = await this.#sent.get(key, (old) => lookAtFile(absolute, { ...options, root: base }, old));
    // Remembered for its content; its Cache-Control is that of one call.
    return file === null ? null : { ...file, cacheControl: options.cacheControl(absolute) };
  }

  #send(sending: Sending): void | Promise<void> {
    const { request, response, file } = sending;
    const coded = response.hasHeader("Content-Encoding"); // the handler says what the file is
    const form = coded
      ? file.plain
      : chooseEncoding(request.headers["accept-encoding"], file.plain, file.encoded);
    const plan = planAnswer(request, response, form);
    if (isBodiless(sending, plan)) return sendHead(sending, form, plan);
    const content = this.#contents.read(form);
    if (content === null) return this.#stream(sending, form);
    if (!(content instanceof Promise)) return sendBuffer(sending, form, plan, content);
    return content.then((bytes) =>
      bytes === null ? this.#stream(sending, form) : sendBuffer(sending, form, plan, bytes),
    );
  }

  async #stream(sending: Sending, form: Representation): Promise<void> {
    const { request, response } = sending;
    const opened = await openFile(form.path);
    if (opened === null) throw staticError("PKT_STATIC_NOT_FOUND", { call: "Sending", path: form.path });
    const { handle, version } = opened;
    try {
      if (response.destroyed || response.headersSent || request.signal.aborted) return;
      // From here on the open file is the truth, whatever happens to its name.
      const isSame = version.identity === form.version.identity;
      const current = isSame
        ? form
        : new Representation({ path: form.path, version }, form.encoding, tagOf(form, version));
      const plan = planAnswer(request, response, current);
      if (isBodiless(sending, plan)) return sendHead(sending, current, plan);
      const body = startBody(sending, current, plan);
      response.setHeader("Content-Length", body.length);
      await transfer(handle, body.pieces, request, response);
    } finally {
      await handle.close();
    }
  }
}

/** No bytes of the file are needed: a HEAD, or a status without content. */
function isBodiless({ request, response }: Sending, plan: Plan): boolean {
  const status = plan.status ?? response.statusCode;
  return request.method === "HEAD" || status < 200 || [204, 205, 304, 412, 416].includes(status);
}

/** Core's own way to end a response, past wrappers of `send()` on the instance: they did not ask for files. */
const { send } = PacketronResponse.prototype;

function sendHead({ request, response, file, disposition }: Sending, form: Representation, plan: Plan): void {
  writeHead(response, file, form, plan, disposition);
  if (request.method === "HEAD" && plan.status === null) response.setHeader("Content-Length", form.size);
  send.call(response);
}

function sendBuffer(sending: Sending, form: Representation, plan: Plan, content: Buffer): void {
  const { response } = sending;
  if (response.destroyed || response.headersSent) return;
  const { pieces } = startBody(sending, form, plan);
  const parts = pieces.map((piece) =>
    piece instanceof Uint8Array ? piece : content.subarray(piece.start, piece.end + 1),
  );
  const [first] = parts;
  send.call(response, parts.length === 1 && first !== undefined ? first : Buffer.concat(parts));
}

/** Writes the head of an answer with a body; gives the body. */
function startBody({ response, file, disposition }: Sending, form: Representation, plan: Plan): Body {
  writeHead(response, file, form, plan, disposition);
  const body = bodyOf(plan.ranges, form.size, String(response.getHeader("Content-Type")));
  for (const [name, value] of Object.entries(body.headers)) response.setHeader(name, value);
  return body;
}

/** A hash of content that has changed since is of no use, and making a new one would read the file twice. */
function tagOf(form: Representation, version: Representation["version"]): string | null {
  return form.etag?.startsWith("W/") === true ? weakTag(version, form.encoding) : null;
}

/** The whole file behind a head that the handler has given itself. */
async function sendBehindHead(
  request: PacketronRequest,
  response: PacketronResponse,
  { path }: Representation,
): Promise<void> {
  const opened = await openFile(path);
  if (opened === null) throw staticError("PKT_STATIC_NOT_FOUND", { call: "Sending", path });
  try {
    await transfer(opened.handle, bodyOf([], opened.version.size, "").pieces, request, response);
  } finally {
    await opened.handle.close();
  }
}
