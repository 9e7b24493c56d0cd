/** Sends an open file to the client, and reads no faster than the client receives. */
import type { FileHandle } from "node:fs/promises";
import type { PacketronRequest } from "@packetron/core";
import { PacketronResponse } from "@packetron/core/capability";
import type { ByteRange } from "../http/range.ts";
import { chunkSlots } from "./chunk-slots.ts";
import { writeTurns } from "./write-turns.ts";

/** A piece of a body: bytes in memory, or a range of the file. */
export type Piece = Uint8Array | ByteRange;

/** Bytes of each read and write: large enough for few system calls, small enough to hold for many slow clients. */
const CHUNK = 64 * 1024;

/** How many free buffers are kept for the next chunks: half a mebibyte. */
const MAX_FREE = 8;

/**
 * Writes the pieces and ends the response, with at most one chunk in memory. If the client disconnects, the function
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
    response.write === write ? new ReusingWriter(response, signal) : new PlainWriter(response, signal);
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      await writer.write(piece);
      if (isClosed()) return;
      continue;
    }
    for (let position = piece.start; position <= piece.end; ) {
      await chunkSlots.take();
      let written: void | Promise<void>;
      try {
        if (isClosed()) return;
        const buffer = writer.buffer(Math.min(CHUNK, piece.end + 1 - position));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        if (isClosed()) return;
        if (bytesRead === 0) return void response.destroy();
        position += bytesRead;
        const turn = writeTurns.take(bytesRead);
        if (turn !== undefined) {
          await turn;
          if (isClosed()) return;
        }
        written = writer.write(bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead));
      } finally {
        chunkSlots.release();
      }
      await written;
      if (isClosed()) return;
    }
  }
  response.end();
}

/** Writes the chunks of a file to a response. */
interface Writer {
  /** Returns a buffer for the next chunk. */
  buffer(size: number): Buffer;
  /** Writes a chunk. A returned promise resolves when the response can take more bytes, or is closed. */
  write(chunk: Uint8Array): void | Promise<void>;
}

const { write } = PacketronResponse.prototype;

/** Buffers of `CHUNK` bytes that hold nothing. */
const free: Buffer[] = [];

/**
 * Writes a chunk when the one before is flushed, and then reuses its buffer for another chunk of any answer. A new buffer
 * for each chunk would cost three times as much as the rest of the transfer, because the system has to clear the memory
 * pages of each new buffer. A stalled answer holds one buffer: V8 collects garbage after each 30 MB of new buffers, and
 * while thousands of clients stall, each collection delays every other request by some milliseconds.
 */
class ReusingWriter implements Writer {
  readonly #response: PacketronResponse;
  readonly #signal: AbortSignal;

  constructor(response: PacketronResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  buffer(size: number): Buffer {
    const buffer = free.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
    return size === CHUNK ? buffer : buffer.subarray(0, size);
  }

  write(chunk: Uint8Array): Promise<void> {
    const response = this.#response;
    const signal = this.#signal;
    return new Promise((resolve) => {
      const done = (): void => {
        response.off("close", done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      response.on("close", done);
      signal.addEventListener("abort", done);
      response.write(chunk, (error) => {
        // After an error, the system may still hold the bytes.
        if (!error && free.length < MAX_FREE && chunk.buffer.byteLength === CHUNK)
          free.push(Buffer.from(chunk.buffer));
        done();
      });
    });
  }
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
