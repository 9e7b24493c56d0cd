/** Transfers an open file to the client, at the pace of the client. */
import type { FileHandle } from "node:fs/promises";
import { type PacketronRequest, PacketronResponse } from "@packetron/core";
import type { ByteRange } from "../http/range.ts";

/** A piece of a body: bytes in memory, or a range of the file. */
export type Piece = Uint8Array | ByteRange;

/** Bytes of each read and write: large for few system calls, small for little memory with a slow client. */
const CHUNK = 128 * 1024;

/**
 * Writes the pieces and ends the response, with at most two chunks in memory. If the client disconnects, the rest is
 * not read. If the file has become shorter, the connection is destroyed, so that the client does not take the answer
 * for whole.
 */
export async function transfer(
  handle: FileHandle,
  pieces: readonly Piece[],
  request: PacketronRequest,
  response: PacketronResponse,
): Promise<void> {
  // With pipelining, Node 20 does not close a response that waits for an earlier one when the connection ends. The
  // signal of its request is aborted in this case.
  const { signal } = request;
  const isClosed = (): boolean => response.destroyed || signal.aborted;
  const writer =
    response.write === write ? new TwoBufferWriter(response, signal) : new PlainWriter(response, signal);
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      await writer.write(piece);
      if (isClosed()) return;
      continue;
    }
    for (let position = piece.start; position <= piece.end; ) {
      const buffer = await writer.buffer(Math.min(CHUNK, piece.end + 1 - position));
      if (isClosed()) return;
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (isClosed()) return;
      if (bytesRead === 0) return void response.destroy();
      position += bytesRead;
      await writer.write(bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead));
      if (isClosed()) return;
    }
  }
  response.end();
}

/** Writes chunks to a response. */
interface Writer {
  /** Returns a buffer for the next chunk. */
  buffer(size: number): Buffer | Promise<Buffer>;
  /** Resolves when the response can take more, or when it is closed. */
  write(chunk: Uint8Array): void | Promise<void>;
}

const { write } = PacketronResponse.prototype;

/**
 * Fills one buffer while the other is being written, and reuses a buffer when its bytes are flushed. A new buffer for
 * each chunk would cost three times as much as the rest of the transfer, because the system has to clear its pages.
 */
class TwoBufferWriter implements Writer {
  readonly #response: PacketronResponse;
  readonly #signal: AbortSignal;
  /** The buffer that is being filled, or was filled last, and the other buffer. */
  readonly #buffers: [ReusedBuffer, ReusedBuffer] = [createReusedBuffer(), createReusedBuffer()];

  constructor(response: PacketronResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  async buffer(size: number): Promise<Buffer> {
    this.#buffers.reverse();
    const [reused] = this.#buffers;
    await reused.flushed;
    if (reused.bytes.length < size) reused.bytes = Buffer.allocUnsafeSlow(size);
    return reused.bytes.length === size ? reused.bytes : reused.bytes.subarray(0, size);
  }

  write(chunk: Uint8Array): void {
    this.#buffers[0].flushed = new Promise((resolve) => {
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

interface ReusedBuffer {
  bytes: Buffer;
  /** Resolves when the last write of the buffer is flushed, or the response is closed. */
  flushed: Promise<void>;
}

function createReusedBuffer(): ReusedBuffer {
  return { bytes: Buffer.alloc(0), flushed: Promise.resolve() };
}

/** Writes to a response whose `write()` is wrapped. Reuses no buffer: a wrapper may keep chunks and never call back. */
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
