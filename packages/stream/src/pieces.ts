/** What is written to a response: text or bytes. */
import { showValue } from "@packetron/core/capability";
import { streamError } from "./errors.ts";

/** What is written at once: text, which is sent as UTF-8, or bytes. */
export type Piece = string | Uint8Array;

/** What a source of `sendStream()` gives: text, which is sent as UTF-8, or bytes. */
export type StreamChunk = string | ArrayBufferView | ArrayBuffer;

/** Makes a piece of what a source of `sendStream()` has given. @throws PKT_STREAM_CHUNK */
export function toPiece(chunk: unknown): Piece {
  if (typeof chunk === "string" || chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw streamError("PKT_STREAM_CHUNK", { received: showValue(chunk) });
}

/** Makes a line of JSON; `undefined` is `null`, as in `sendJson()`. @throws PKT_STREAM_LINE */
export function toLine(value: unknown): Piece {
  try {
    return `${JSON.stringify(value) ?? "null"}\n`;
  } catch (error) {
    throw streamError("PKT_STREAM_LINE", { reason: reasonOf(error) }, error);
  }
}

/** Why `JSON.stringify()` has failed. A `toJSON()` can throw any value. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : showValue(error);
}
