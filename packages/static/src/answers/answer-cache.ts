/** The fast path for files in memory: an answer is prepared once, as head and body, and then sent unchanged. */
import type { PacketronRequest, PacketronResponse } from "@packetron/core";
import { field, prepareAnswer } from "@packetron/core/capability";
import type { ContentCache } from "../files/content-cache.ts";
import type { Representation } from "../files/representation.ts";
import type { ServedFile } from "../files/served-file.ts";
import { chooseEncoding } from "../http/accept-encoding.ts";

/** Sends one answer whose head and body were prepared by core. */
type Send = (response: PacketronResponse) => void;

/**
 * The prepared answers for one representation of a file (plain or compressed). They are valid only with the
 * metadata below. `null` stands for an answer that is not prepared yet, because no request has needed it.
 */
export interface PreparedAnswers {
  readonly contentType: string;
  readonly cacheControl: string | undefined;
  readonly varies: boolean;
  whole: Send | null;
  notModified: Send | null;
}

/**
 * Headers that this package sets, or evaluates for conditional requests. If a handler has set one of these headers, no
 * prepared answer is sent.
 */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "accept-ranges",
  "cache-control",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "last-modified",
  "transfer-encoding",
  "vary",
]);

/** Prepares answers with the files of one server, and sends them. */
export class AnswerCache {
  readonly #contents: ContentCache;

  constructor(contents: ContentCache) {
    this.#contents = contents;
  }

  /**
   * Answers with the whole file when its bytes are in memory, or with 304 when the client has exactly this version.
   *
   * @returns Whether this method has answered. With `false`, the caller answers with `answerFile()`.
   */
  answer(request: PacketronRequest, response: PacketronResponse, file: ServedFile): boolean {
    const { method } = request;
    const isPlain =
      (method === "GET" || method === "HEAD") &&
      response.statusCode === 200 &&
      !response.headersSent &&
      !response.destroyed &&
      !this.#hasField(request, "if-match") &&
      !this.#hasField(request, "if-unmodified-since") &&
      !this.#hasField(request, "range") &&
      !hasOwnHeaders(response);
    if (!isPlain) return false;
    const form =
      file.encoded.length === 0
        ? file.plain
        : chooseEncoding(field(request, "accept-encoding"), file.plain, file.encoded);
    const send = this.#find(request, file, form);
    send?.(response);
    return send !== null;
  }

  #hasField(request: PacketronRequest, name: string): boolean {
    return field(request, name) !== undefined;
  }

  #find(request: PacketronRequest, file: ServedFile, form: Representation): Send | null {
    const tag = field(request, "if-none-match");
    const since = tag === undefined ? field(request, "if-modified-since") : undefined;
    if (tag === undefined && since === undefined) return this.#whole(file, form);
    const isSame = tag === undefined ? since === form.lastModifiedField : tag === form.etag;
    return isSame ? this.#notModified(file, form) : null;
  }

  #whole(file: ServedFile, form: Representation): Send | null {
    const { content } = form;
    if (content === null) return null;
    this.#contents.use(form);
    const prepared = preparedOf(file, form);
    prepared.whole ??= prepareAnswer({
      status: 200,
      headers: {
        ...validatorsOf(file, form),
        "Content-Type": file.contentType,
        ...(file.acceptRanges ? { "Accept-Ranges": "bytes" } : {}),
        ...(form.encoding === null ? {} : { "Content-Encoding": form.encoding }),
      },
      body: content,
    });
    return prepared.whole;
  }

  #notModified(file: ServedFile, form: Representation): Send {
    const prepared = preparedOf(file, form);
    prepared.notModified ??= prepareAnswer({
      status: 304,
      headers: validatorsOf(file, form),
      body: null,
    });
    return prepared.notModified;
  }
}

function hasOwnHeaders(response: PacketronResponse): boolean {
  const names = response.getHeaderNames();
  return names.length > 0 && names.some((name) => OWN_HEADERS.has(name));
}

/**
 * Returns the prepared answers of a representation. Answers that were prepared with other metadata are replaced by an
 * empty set: a new check of a file can return other headers for the same bytes.
 */
function preparedOf(
  { contentType, cacheControl, encoded }: ServedFile,
  form: Representation,
): PreparedAnswers {
  const { prepared: kept } = form;
  const varies = encoded.length > 0;
  const fits =
    kept !== null &&
    kept.contentType === contentType &&
    kept.cacheControl === cacheControl &&
    kept.varies === varies;
  if (fits) return kept;
  form.prepared = { contentType, cacheControl, varies, whole: null, notModified: null };
  return form.prepared;
}

/** Returns the headers that a 304 must repeat from the 200 to the same request (RFC 9110 section 15.4.5). */
function validatorsOf({ cacheControl, encoded }: ServedFile, form: Representation): Record<string, string> {
  return {
    ...(encoded.length === 0 ? {} : { Vary: "Accept-Encoding" }),
    ...(form.etag === null ? {} : { ETag: form.etag }),
    ...(form.lastModifiedField === null ? {} : { "Last-Modified": form.lastModifiedField }),
    ...(cacheControl === undefined ? {} : { "Cache-Control": cacheControl }),
  };
}
