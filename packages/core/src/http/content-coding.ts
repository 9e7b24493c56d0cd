/** Content codings of request bodies (RFC 9110 section 8.4): which ones the server knows, and how it undoes them. */
import type { Transform } from "node:stream";
import zlib from "node:zlib";

/**
 * The most content codings that one body may have. Each coding needs memory for a zlib state. A client needs one
 * coding, and a proxy may add its own.
 */
const MAX_CODINGS = 2;

const NO_CODINGS: readonly string[] = Object.freeze([]);

/**
 * Makes the decoder of one content coding. The first byte tells apart the two formats that clients send as "deflate".
 */
type CreateDecoder = (firstByte: number | undefined) => Transform;

const decoders: ReadonlyMap<string, CreateDecoder> = new Map(listDecoders());

/** The content codings that the server can undo, as the value of an Accept-Encoding field. */
export const acceptedCodings: string = [...decoders.keys()]
  .filter((name) => !name.startsWith("x-"))
  .join(", ");

/**
 * Lists the content codings of a Content-Encoding field, in the order in which the sender applied them, without
 * `identity`.
 *
 * @returns `null` when a coding is unknown, or when there are more than two.
 */
export function contentCodings(field: string | undefined): readonly string[] | null {
  if (field === undefined) return NO_CODINGS;
  const names = field.split(",").map((name) => name.trim().toLowerCase());
  const codings = names.filter((name) => name !== "" && name !== "identity");
  return codings.length <= MAX_CODINGS && codings.every((name) => decoders.has(name)) ? codings : null;
}

/** Makes a stream that undoes one of the content codings that {@link contentCodings} returns. */
export function createDecoder(coding: string, firstByte?: number): Transform {
  const create = decoders.get(coding);
  if (create === undefined) throw new RangeError(`No decoder for the content coding ${coding}`);
  return create(firstByte);
}

/**
 * The largest coded size of a body that may have `limit` bytes when decoded. Coding makes data that cannot be
 * compressed a little larger: by a header, and by a few bytes for each block.
 */
export function codedLimit(limit: number): number {
  return limit + Math.ceil(limit / 256) + 1024;
}

function listDecoders(): [string, CreateDecoder][] {
  const list: [string, CreateDecoder][] = [
    ["gzip", () => zlib.createGunzip()],
    ["x-gzip", () => zlib.createGunzip()], // the older name of gzip, RFC 9110 section 8.4.1.3
    ["deflate", createDeflateDecoder],
    ["br", () => zlib.createBrotliDecompress()],
  ];
  // Node has zstd since 22.15 and 23.8.
  if (typeof zlib.createZstdDecompress === "function") list.push(["zstd", () => zlib.createZstdDecompress()]);
  return list;
}

/**
 * Makes a decoder for "deflate". The name stands for the zlib format, but some clients send raw deflate data (RFC 9110
 * section 8.4.1.2). The low four bits of a zlib header are 8, the compression method. In raw data these bits would mean
 * a stored block with a padding bit set, which encoders do not write.
 */
function createDeflateDecoder(firstByte: number | undefined): Transform {
  const raw = firstByte !== undefined && (firstByte & 0x0f) !== 8;
  return raw ? zlib.createInflateRaw() : zlib.createInflate();
}
