/** From an open file to the client, at the pace of the client. */
import type { FileHandle } from "node:fs/promises";
import type { PacketronRequest, PacketronResponse } from "@packetron/core";
import type { ByteRange } from "../http/range.ts";

/** A piece of a body: bytes that are here, or a range of the file. */
export type Piece = Uint8Array | ByteRange;

/** How much is read and written in one go: few system calls, and little memory for a client that reads slowly. */
const CHUNK = 128 * 1024;

/**
 * Writes the pieces and ends the response. Only one chunk at a time is in memory. When the client goes away, the rest
 * stays unread; when the file turns out shorter than it was, the answer is cut, so that nobody takes it for whole.
 */
export async function transfer(
  handle: FileHandle,
  pieces: readonly Piece[],
  request: PacketronRequest,
  response: PacketronResponse,
): Promise<void> {
  // Node 20 does not close an answer that waits behind another one (pipelining) when their connection ends; the signal of
  // its request tells.
  const { signal } = request;
  const isGone = (): boolean => response.destroyed || signal.aborted;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      if (!response.write(piece)) await untilDrained(response, signal);
      if (isGone()) return;
      continue;
    }
    for (let position = piece.start; position <= piece.end; ) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, piece.end + 1 - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (isGone()) return;
      if (bytesRead === 0) return void response.destroy();
      position += bytesRead;
      const chunk = bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
      if (!response.write(chunk)) await untilDrained(response, signal);
      if (isGone()) return;
    }
  }
  response.end();
}

/** Resolves when the response takes more, and when nobody will. */
function untilDrained(response: PacketronResponse, signal: AbortSignal): Promise<void> {
  if (response.destroyed || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
    signal.addEventListener("abort", done);
  });
}
