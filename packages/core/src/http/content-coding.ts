/** Content codings of request bodies, RFC 9110 section 8.4: which there are, and how they are undone. */
import type { Transform } from "node:stream";
import zlib from "node:zlib";

/** Each coding costs a zlib state, and no client needs more than one; two leave room for a proxy that adds its own. */
const MAX_CODINGS = 2;

const NO_CODINGS: readonly string[] = Object.freeze([]);

/** Makes the decoder of one coding; the first byte of the coded data tells two kinds of "deflate" apart. */
type CreateDecoder = (firstByte: number | undefined) => Transform;

const decoders: ReadonlyMap<string, CreateDecoder> = new Map(listDecoders());

/** What the server can undo, as the value of an Accept-Encoding field. */
export const acceptedCodings: string = [...decoders.keys()]
  .filter((name) => !name.startsWith("x-"))
  .join(", ");

/**
 * The codings of a Content-Encoding field, in the order in which they were applied; `identity` is left out.
 *
 * @returns `null` when one of them is unknown, or when there are more than two.
 */
export function contentCodings(field: string | undefined): readonly string[] | null {
  if (field === undefined) return NO_CODINGS;
  const names = field.split(",").map((name) => name.trim().toLowerCase());
  const codings = names.filter((name) => name !== "" && name !== "identity");
  return codings.length <= MAX_CODINGS && codings.every((name) => decoders.has(name)) ? codings : null;
}

/** A stream that undoes one coding of {@link contentCodings}. */
export function createDecoder(coding: string, firstByte?: number): Transform {
  const create = decoders.get(coding);
  if (create === undefined) throw new RangeError(`No decoder for the content coding ${coding}`);
  return create(firstByte);
}

/**
 * How many bytes a body may have on the wire when it may have `limit` bytes without its codings: data that cannot be
 * compressed grows a little, by a header and by a few bytes for each block.
 */
export function codedLimit(limit: number): number {
  return limit + Math.ceil(limit / 256) + 1024;
}

function listDecoders(): [string, CreateDecoder][] {
  const list: [string, CreateDecoder][] = [
    ["gzip", () => zlib.createGunzip()],
    ["x-gzip", () => zlib.createGunzip()], // the older name is the same coding, RFC 9110 section 8.4.1.3
    ["deflate", createDeflateDecoder],
    ["br", () => zlib.createBrotliDecompress()],
  ];
  // Node 22.15 and 23.8 brought it.
  if (typeof zlib.createZstdDecompress === "function") list.push(["zstd", () => zlib.createZstdDecompress()]);
  return list;
}

/**
 * "deflate" is the zlib format, but some clients send the bare deflate data (RFC 9110 section 8.4.1.2). The zlib header
 * begins with compression method 8 in its low four bits; in bare data that would be a stored block with a padding bit
 * set, which no encoder writes.
 */
function createDeflateDecoder(firstByte: number | undefined): Transform {
  const bare = firstByte !== undefined && (firstByte & 0x0f) !== 8;
  return bare ? zlib.createInflateRaw() : zlib.createInflate();
}
