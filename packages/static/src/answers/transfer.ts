/** Sends an open file to the client, and reads no faster than the client receives. */

import type { FileHandle } from "node:fs/promises";
import type { PacketronRequest } from "@packetron/core";
import { PacketronResponse } from "@packetron/core/capability";
import type { ByteRange } from "../http/range.ts";
import { writeTurns } from "./write-turns.ts";

/** A piece of a body: bytes in memory, or a range of the file. */
export type Piece = Uint8Array | ByteRange;

/** Bytes of each read and write: large enough for few system calls, small enough to hold for many slow clients. */
const CHUNK = 128 * 1024;

/**
 * Writes the pieces and ends the response, with at most two chunks in memory. If the client disconnects, the function
 * stops reading the file. If the file has become shorter, the function destroys the connection, so that the client
 * notices that the answer is incomplete.
 */
export async function transfer(
  handle: FileHandle,
  pieces: readonly Piece[],
  request: PacketronRequest,
  response: PacketronResponse,
): Promise<void> {
  // With pipelining, a response may wait for an earlier response. When the connection ends, Node 20 does not close the
  // waiting response, but the signal of its request is aborted.
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
      const turn = writeTurns.take(bytesRead);
      if (turn !== undefined) {
        await turn;
        if (isClosed()) return;
      }
      await writer.write(bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead));
      if (isClosed()) return;
    }
  }
  response.end();
}

/** Writes the chunks of a file to a response. */
interface Writer {
  /** Returns a buffer for the next chunk. */
  buffer(size: number): Buffer | Promise<Buffer>;
  /** Writes a chunk. A returned promise resolves when the response can take more bytes, or is closed. */
  write(chunk: Uint8Array): void | Promise<void>;
}

const { write } = PacketronResponse.prototype;

/**
 * Writes with two buffers in turn: one buffer is filled from the file while the other buffer is sent. A buffer is
 * reused when its bytes are flushed. A new buffer for each chunk would cost three times as much as the rest of the
 * transfer, because the system has to clear the memory pages of each new buffer.
 */
class TwoBufferWriter implements Writer {
  readonly #response: PacketronResponse;
  readonly #signal: AbortSignal;
  /** First the buffer that `buffer()` returned last, then the other buffer, whose bytes may not be flushed yet. */
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
  /** Resolves when the last bytes written from this buffer are flushed, or the response is closed. */
  flushed: Promise<void>;
}

function createReusedBuffer(): ReusedBuffer {
  return { bytes: Buffer.alloc(0), flushed: Promise.resolve() };
}

/**
 * Writes to a response whose `write()` a plugin has wrapped. Each chunk gets a new buffer: a wrapper, such as a
 * compressor, may keep chunks, and may never call the callback of `write()`. Only its event `drain` tells when the
 * wrapper can take more.
 */
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
