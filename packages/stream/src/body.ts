/** Sends an answer whose body is made in pieces. */
import type { PacketronResponse } from "@packetron/core";
import { fail, isAnswered } from "@packetron/core/capability";
import { streamError } from "./errors.ts";
import { failLate } from "./failure.ts";
import { isBodiless, sendHead } from "./head.ts";
import type { SendStreamOptions } from "./options.ts";
import type { Piece } from "./pieces.ts";
import { Pump, type Sink } from "./pump.ts";
import type { Source } from "./source.ts";

/**
 * How much is written before the event loop gets a turn. A fast client takes each piece at once, so without a limit a source
 * that always has a next piece would make all other requests wait.
 */
const TURN = 64 * 1024;

/** The parts of an answer. */
export interface BodyParts {
  readonly response: PacketronResponse;
  /** The method that the handler called, for the log: `"sendStream()"`. */
  readonly call: string;
  readonly options: SendStreamOptions;
  /** Makes text or bytes of a part of the source. Throws if it cannot. */
  readonly toPiece: (part: unknown) => Piece;
}

/** An answer in pieces. Its head leaves with the first piece: an error before becomes a 500. */
export class Body implements Sink {
  readonly #parts: BodyParts;
  /** The length that the answer must have, in bytes; `null` when it is not known. */
  readonly #length: number | null;
  #hasBegun = false;
  #needsDrain = false;
  #sent = 0;
  /** How much has been written in this turn of the event loop. */
  #written = 0;
  #release: () => void = () => {};

  constructor(parts: BodyParts) {
    this.#parts = parts;
    this.#length = parts.options.length ?? lengthOf(parts.response);
  }

  /** Resolves when the last piece is written, the client has left, or an error is answered. Never rejects. */
  send(source: Source): Promise<void> {
    const { response, options } = this.#parts;
    if (isBodiless(response, options.status ?? response.statusCode)) {
      void new Pump(source, this).stop();
      this.#setHead(null);
      sendHead(response);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const { signal } = response.req;
      const pump = new Pump(source, this);
      this.#release = () => {
        pump.stop();
        signal.removeEventListener("abort", this.#release);
        resolve();
      };
      if (signal.aborted) return this.#release();
      signal.addEventListener("abort", this.#release);
      pump.start();
    });
  }

  write(part: unknown): boolean {
    const { response, toPiece } = this.#parts;
    const piece = toPiece(part);
    if (piece.length === 0) return true;
    if (!this.#isOpen()) return false;
    if (this.#length !== null) this.#count(piece, this.#length);
    if (!this.#hasBegun) this.#begin(piece);
    this.#written += piece.length;
    this.#needsDrain = !response.write(piece);
    return !this.#needsDrain && this.#written < TURN;
  }

  whenReady(next: () => void): void {
    this.#written = 0;
    if (this.#needsDrain) this.#parts.response.once("drain", () => setImmediate(next));
    else setImmediate(next);
  }

  end(): void {
    if (!this.#isOpen()) return;
    if (this.#length !== null && this.#sent !== this.#length) throw this.#lengthError(this.#length);
    if (!this.#hasBegun) this.#begin(null);
    this.#parts.response.end();
    this.#release();
  }

  fail(error: unknown): void {
    const { response } = this.#parts;
    this.#release();
    fail(error, response.req, response);
  }

  failLate(error: unknown): void {
    failLate(error, this.#parts.response);
  }

  /** Whether pieces can still be sent. If not, ends the source. Logs an answer that another call has sent before. */
  #isOpen(): boolean {
    const { response, call } = this.#parts;
    const isOver = this.#hasBegun ? response.writableEnded : isAnswered(response, call);
    if (!isOver && !response.destroyed) return true;
    this.#release();
    return false;
  }

  /** Counts bytes before they are sent: with a byte too many, the client would take the answer for complete. */
  #count(piece: Piece, length: number): void {
    this.#sent += typeof piece === "string" ? Buffer.byteLength(piece) : piece.byteLength;
    if (this.#sent > length) throw this.#lengthError(length);
  }

  #lengthError(length: number): Error {
    return streamError("PKT_STREAM_LENGTH", { length, sent: this.#sent });
  }

  #begin(piece: Piece | null): void {
    this.#hasBegun = true;
    this.#setHead(piece);
  }

  /** Sets the head, unless the handler has given it with `writeHead()`. */
  #setHead(piece: Piece | null): void {
    const { response, options } = this.#parts;
    if (response.headersSent) return;
    const type = options.type ?? (response.hasHeader("Content-Type") ? undefined : typeOf(piece));
    if (options.status !== undefined) response.statusCode = options.status;
    if (type !== undefined) response.setHeader("Content-Type", type);
    if (options.length !== undefined) response.setHeader("Content-Length", options.length);
  }
}

/** The type of a body by its first piece, as `response.send()` has it. */
function typeOf(piece: Piece | null): string | undefined {
  if (piece === null) return undefined;
  return typeof piece === "string" ? "text/plain; charset=utf-8" : "application/octet-stream";
}

/** The length that the handler has set as a header. */
function lengthOf(response: PacketronResponse): number | null {
  const length = Number(response.getHeader("Content-Length") ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : null;
}
