/** Makes the body of an answer: the whole file, one range, or several ranges as multipart (RFC 9110 section 14.6). */
import type { ByteRange } from "../http/range.ts";
import { loadCrypto } from "../node-crypto.ts";
import type { Piece } from "./transfer.ts";

/** The body of an answer in pieces, and the headers that describe the body. */
export interface Body {
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly Piece[];
  /** Length of the body in bytes. */
  readonly length: number;
}

/**
 * Makes the body of an answer.
 *
 * @param ranges The ranges to send; an empty list stands for the whole file.
 * @param type The Content-Type of the file.
 */
export function bodyOf(ranges: readonly ByteRange[], size: number, type: string): Body {
  const [first] = ranges;
  if (first === undefined)
    return { headers: {}, pieces: size === 0 ? [] : [{ start: 0, end: size - 1 }], length: size };
  if (ranges.length > 1) return multipartBody(ranges, size, type);
  return {
    headers: { "Content-Range": contentRange(first, size) },
    pieces: [first],
    length: lengthOf(first),
  };
}

/** The length of a piece in bytes. */
export function lengthOf(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : piece.end - piece.start + 1;
}

function multipartBody(ranges: readonly ByteRange[], size: number, type: string): Body {
  // Attack: if the boundary were predictable, an uploaded file could contain it and forge parts of the answer.
  const boundary = loadCrypto().randomBytes(18).toString("hex");
  const pieces: Piece[] = [];
  for (const range of ranges) {
    const lines = [`--${boundary}`, `Content-Type: ${type}`, `Content-Range: ${contentRange(range, size)}`];
    pieces.push(Buffer.from(`\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1"), range);
  }
  pieces.push(Buffer.from(`\r\n--${boundary}--\r\n`, "latin1"));
  return {
    headers: { "Content-Type": `multipart/byteranges; boundary=${boundary}` },
    pieces,
    length: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0),
  };
}

function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end}/${size}`;
}
