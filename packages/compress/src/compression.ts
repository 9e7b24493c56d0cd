/** Compresses answers: decides for each one whether, and by which coding. */
import type { Answer, AnswerBody, Answering, PacketronResponse } from "@packetron/core";
import { field, prepareHeaders } from "@packetron/core/capability";
import { chooseCoding } from "./choose-coding.ts";
import { createCoding } from "./codings.ts";
import type { Jobs } from "./jobs.ts";
import { isCompressible } from "./media-types.ts";
import type { CompressSettings, ContentCoding } from "./options.ts";
import { remember } from "./remember.ts";

/** The largest body that is compressed at once, in bytes: about 0.3 ms. A larger one would hold up other requests. */
const AT_ONCE = 64 * 1024;

/** Headers by which an answer says that its bytes must stay as they are: ranges and digests are of these bytes. */
const FIXED = ["Content-Encoding", "Content-Range", "Content-Digest", "Repr-Digest"];

/** Keeps a cache from giving a compressed answer to a client that cannot read it. */
const addVary = prepareHeaders({ Vary: "Accept-Encoding" });

/** Sets the Content-Encoding as a prepared header, so that core keeps the head of the answer in its cache. */
const addCoding: Readonly<Record<ContentCoding, (response: PacketronResponse) => void>> = {
  br: prepareHeaders({ "Content-Encoding": "br" }),
  zstd: prepareHeaders({ "Content-Encoding": "zstd" }),
  gzip: prepareHeaders({ "Content-Encoding": "gzip" }),
};

/** Makes the function that compresses the answers of an option. */
export function createCompression(settings: CompressSettings, jobs: Jobs): Answering {
  const { encodings, threshold, types } = settings;
  const codings = new Map(encodings.map((name) => [name, createCoding(name, settings)]));
  const choose = remember((accepted) => chooseCoding(accepted, encodings));
  const isIncluded = remember((type) => isCompressible(type, types));
  return (request, response, answer) => {
    if (answer.status === 304) return weakenNotModified(field(request, "if-none-match"), response, answer);
    if (!hasChangeableBody(answer, isIncluded)) return undefined;
    addVary(response);
    const accepted = field(request, "accept-encoding");
    if (accepted === undefined) return undefined;
    const { coding: name, refusesIdentity } = choose(accepted);
    const coding = name === null ? undefined : codings.get(name);
    if (coding === undefined) return undefined;
    const { body } = answer;
    const encoded = body === null || body.length > AT_ONCE ? null : encode(body);
    const length =
      encoded !== null && encoded.length > 0 ? encoded.length : lengthOf(answer, request.method === "HEAD");
    const isWorthIt = length !== 0 && (length === null || length >= threshold || refusesIdentity);
    if (!isWorthIt) return undefined;
    if (body !== null && body.length > 0) {
      const finish = finishWith(coding.name, response, answer, length, refusesIdentity);
      if (encoded !== null && encoded.length <= AT_ONCE) return finish(coding.compress(encoded));
      return jobs.isFull ? undefined : jobs.run(() => coding.compressLater(body)).then(finish);
    }
    setEncoded(coding.name, response, answer);
    if (request.method !== "HEAD") return coding.createStream();
    answer.removeHeader("Content-Length"); // of the body before compression
    if (body !== null) response.setHeader("Transfer-Encoding", "chunked"); // as the answer to GET has
    return undefined;
  };
}

/** The bytes of a text while it is compressed. A new buffer for each text would make V8 collect garbage early. */
const scratch = Buffer.allocUnsafeSlow(AT_ONCE);

/** The bytes of a body, until the next call. */
function encode(body: AnswerBody): Uint8Array {
  if (typeof body !== "string") return body;
  // A UTF-16 code unit takes three bytes at most.
  return body.length * 3 > AT_ONCE ? Buffer.from(body) : scratch.subarray(0, scratch.write(body));
}

/** Whether the answer to some client is compressed. */
function hasChangeableBody(answer: Answer, isIncluded: (type: string) => boolean): boolean {
  const { status } = answer;
  if (status < 200 || status === 204 || status === 205 || status === 206) return false;
  const type = answer.header("Content-Type");
  if (type === undefined || !isIncluded(type)) return false;
  if (FIXED.some((name) => answer.header(name) !== undefined)) return false;
  const cacheControl = answer.header("Cache-Control");
  return cacheControl === undefined || !/\bno-transform\b/i.test(cacheControl);
}

/**
 * The length of the body before compression. For a stream it is that of the header; `null` when it is not known. The
 * answer to HEAD may have only the header.
 */
function lengthOf(answer: Answer, isHead: boolean): number | null {
  const { body } = answer;
  if (body !== null && !(isHead && body.length === 0)) return Buffer.byteLength(body);
  const declared = answer.header("Content-Length");
  if (declared === undefined) return body === null ? null : 0;
  return Number(declared);
}

/** Makes the function that takes the compressed body, unless it is not smaller. */
function finishWith(
  coding: ContentCoding,
  response: PacketronResponse,
  answer: Answer,
  length: number | null,
  refusesIdentity: boolean,
): (compressed: Uint8Array) => AnswerBody | undefined {
  return (compressed) => {
    const isSmaller = length === null || compressed.byteLength < length;
    if (!isSmaller && !refusesIdentity) return undefined;
    setEncoded(coding, response, answer);
    return compressed;
  };
}

/** Sets the headers of an answer whose body is compressed. */
function setEncoded(coding: ContentCoding, response: PacketronResponse, answer: Answer): void {
  addCoding[coding](response);
  const tag = answer.header("ETag");
  // RFC 9110 section 8.8.1: two bodies with one strong tag must have the same bytes.
  if (tag?.startsWith('"')) response.setHeader("ETag", `W/${tag}`);
  // A range of the compressed bytes could not be sent, because a second compression may give other bytes.
  if (answer.header("Accept-Ranges") !== undefined) answer.removeHeader("Accept-Ranges");
}

/** Gives a 304 the headers of the answer that the client has: RFC 9110 section 15.4.5. */
function weakenNotModified(known: string | undefined, response: PacketronResponse, answer: Answer): void {
  addVary(response);
  const tag = answer.header("ETag");
  if (tag?.startsWith('"') && known?.includes(`W/${tag}`)) response.setHeader("ETag", `W/${tag}`);
}
