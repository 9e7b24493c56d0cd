/** From an open file to the client, at the pace of the client. */
import type { FileHandle } from "node:fs/promises";
import { type PacketronRequest, PacketronResponse } from "@packetron/core";
import type { ByteRange } from "../http/range.ts";

/** A piece of a body: bytes that are here, or a range of the file. */
export type Piece = Uint8Array | ByteRange;

/** How much is read and written in one go: few system calls, and little memory for a client that reads slowly. */
const CHUNK = 128 * 1024;

/**
 * Writes the pieces and ends the response. Only two chunks at a time are in memory. When the client goes away, the rest
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
  const writer =
    response.write === write ? new TurningWriter(response, signal) : new PlainWriter(response, signal);
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      await writer.write(piece);
      if (isGone()) return;
      continue;
    }
    for (let position = piece.start; position <= piece.end; ) {
      const buffer = await writer.buffer(Math.min(CHUNK, piece.end + 1 - position));
      if (isGone()) return;
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (isGone()) return;
      if (bytesRead === 0) return void response.destroy();
      position += bytesRead;
      await writer.write(bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead));
      if (isGone()) return;
    }
  }
  response.end();
}

interface Writer {
  /** A buffer to fill and to write next. */
  buffer(size: number): Buffer | Promise<Buffer>;
  /** Resolves when the response takes more, and when nobody will. */
  write(chunk: Uint8Array): void | Promise<void>;
}

const { write } = PacketronResponse.prototype;

/**
 * Fills one buffer while the other is on its way, and each again when its bytes are out: a fresh one for each chunk costs
 * three times the rest, in pages that the system has to clear.
 */
class TurningWriter implements Writer {
  readonly #response: PacketronResponse;
  readonly #signal: AbortSignal;
  /** The one that is filled, or was filled last; and the other. */
  readonly #lanes: [Lane, Lane] = [newLane(), newLane()];

  constructor(response: PacketronResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  async buffer(size: number): Promise<Buffer> {
    this.#lanes.reverse();
    const [lane] = this.#lanes;
    await lane.isOut;
    if (lane.buffer.length < size) lane.buffer = Buffer.allocUnsafeSlow(size);
    return lane.buffer.length === size ? lane.buffer : lane.buffer.subarray(0, size);
  }

  write(chunk: Uint8Array): void {
    this.#lanes[0].isOut = new Promise((resolve) => {
      const response = this.#response;
      const signal = this.#signal;
      const done = (): void => {
        response.off("close", done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      response.on("close", done);
      signal.addEventListener("abort", done);
      response.write(chunk, done);
    });
  }
}

interface Lane {
  buffer: Buffer;
  /** Resolves when what was written last is out, or nobody waits for it. */
  isOut: Promise<void>;
}

function newLane(): Lane {
  return { buffer: Buffer.alloc(0), isOut: Promise.resolve() };
}

/** For a response whose `write()` somebody has wrapped: when it has done with a buffer, only its `drain` tells. */
class PlainWriter implements Writer {
  readonly #response: PacketronResponse;
  readonly #signal: AbortSignal;

  constructor(response: PacketronResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  buffer(size: number): Buffer {
    return Buffer.allocUnsafe(size);
  }

  write(chunk: Uint8Array): void | Promise<void> {
    return this.#response.write(chunk) ? undefined : untilDrained(this.#response, this.#signal);
  }
}

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
