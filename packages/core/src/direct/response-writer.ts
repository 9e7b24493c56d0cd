/** Writes the answers of a connection: decides which are written together, and reports when each has been written. */
import { Socket } from "node:net";
import { asLatin1, COPY_LIMIT } from "../message/answer-head.ts";
import type { HttpSocket } from "../node/internals.ts";
import { util } from "../node/modules.ts";
import { createRawWriter, type RawWriteOwner, type RawWriter, Written } from "../node/raw-write.ts";
import type { DirectResponse } from "./response.ts";
import { type PendingWriter, writeBatch } from "./write-batch.ts";

/** The encoding of a text. An ASCII text has the same bytes in each, and can be joined with any other text. */
export type TextEncoding = "ascii" | "latin1" | "utf8";

/** The methods of a socket through which all writes and ends go. Before each runs, the waiting answers are written. */
const ORDERED = ["write", "end", "destroy"] as const;

/** The owner of the answers. */
export interface AnswerOwner {
  /**
   * Called once for each answer, in order, with whether the answer was written: false when a write failed, or the
   * connection was closed before.
   */
  settle(response: DirectResponse, isWritten: boolean): void;
  /** Whether further requests of the connection have arrived, and wait for their turn. */
  readonly hasDeferred: boolean;
}

// Read at load time, because a test may later replace Node's timers with fake timers.
const { setImmediate } = globalThis;

/** Writes the direct answers of one connection, in order. */
export class ResponseWriter implements PendingWriter, RawWriteOwner {
  readonly #socket: HttpSocket;
  readonly #owner: AnswerOwner;
  readonly #writer: RawWriter | null;
  /** The `write()` of a socket that no other code has wrapped; `null` when it was wrapped before. */
  #plainWrite: unknown;
  /** Whether the methods of the socket write the waiting answers first. */
  #isGuarded = false;
  /** The responses of each write that the operating system has not taken yet, oldest write first. */
  readonly #writes: (DirectResponse | DirectResponse[])[] = [];
  /** The responses that wait for one write. Nearly always there is one, and a list would cost an allocation. */
  #gathered: DirectResponse | DirectResponse[] | null = null;
  /** Whether the last read of the socket had several requests. */
  #isPipelined = false;
  #text = "";
  #encoding: TextEncoding = "ascii";
  readonly #maxText: number;

  constructor(socket: HttpSocket, owner: AnswerOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#maxText = socket.writableHighWaterMark;
    const isWrapped = socket.write !== Socket.prototype.write;
    this.#plainWrite = isWrapped ? null : socket.write;
    this.#writer = isWrapped ? null : createRawWriter(socket, this);
  }

  /** Whether the system has taken every answer. */
  get isEmpty(): boolean {
    return this.#writes.length === 0 && this.#gathered === null;
  }

  /**
   * Writes an answer.
   *
   * @param isAscii Whether the head has only ASCII characters.
   * @param length The length of the body, in bytes.
   */
  write(
    response: DirectResponse,
    head: string,
    isAscii: boolean,
    body: string | Uint8Array,
    length: number,
  ): void {
    // As in Node, the head is encoded as UTF-8 before a body that is a string, else as Latin-1.
    if (typeof body !== "string") {
      if (length > MAX_BYTES_IN_TEXT) this.writeBytes(response, head, body);
      else this.writeText(response, head + asLatin1(body), "latin1");
    } else if (isAscii && length === body.length) this.writeText(response, head + body, "ascii");
    else if (body === "") this.writeBytes(response, head, NOTHING);
    else this.writeText(response, head + body, "utf8");
  }

  /**
   * Writes head and body as one text.
   *
   * - The first answer of a read is written at once.
   * - Later answers to requests of that read, and answers that are given while a write is in flight, are written
   *   together.
   * - After a read with several requests (pipelining), the first answer waits, too: one write has all answers of a
   *   read, for example 16.
   * - Answers to deferred requests of a read wait for the others of their turn: each is given in an immediate of its own,
   *   and a write for each would take 19 % more CPU time.
   * - Under load, an answer waits for the answers of other connections: see {@link WriteBatch}.
   */
  writeText(response: DirectResponse, text: string, encoding: TextEncoding): void {
    if (this.isEmpty && !this.#defers()) return this.#send(response, text, encoding);
    if (encoding !== "ascii" && this.#encoding !== encoding) {
      if (this.#encoding !== "ascii") this.flush();
      this.#encoding = encoding;
    }
    this.#gather(response);
    this.#text += text;
    if (this.#text.length > this.#maxText) this.flush();
  }

  /** Writes a head, followed by bytes. */
  writeBytes(response: DirectResponse, head: string, body: Uint8Array): void {
    this.flush();
    const outcome =
      this.#writes.length === 0 && this.#writer !== null
        ? this.#writer.writeBytes(head, body)
        : Written.REFUSED;
    if (outcome === Written.DONE) return this.#owner.settle(response, true);
    this.#writes.push(response);
    if (outcome === Written.PENDING) return;
    if (body.byteLength <= COPY_LIMIT) {
      const bytes = Buffer.allocUnsafe(head.length + body.byteLength);
      bytes.write(head, "latin1");
      bytes.set(body, head.length);
      this.#socket.write(bytes, (error) => this.#onWritten(error));
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, "latin1");
    this.#socket.write(body, (error) => this.#onWritten(error));
    this.#socket.uncork();
  }

  #gather(response: DirectResponse): void {
    if (!this.#isGuarded) this.#guard();
    if (this.#gathered === null) this.#gathered = response;
    else if (Array.isArray(this.#gathered)) this.#gathered.push(response);
    else this.#gathered = [this.#gathered, response];
  }

  /** Whether an answer has to wait for other answers. If so, arranges the call of `flush()`. */
  #defers(): boolean {
    // A batch writes in another async context. Code that has wrapped write() expects the context of the handler.
    if (this.#socket.write === this.#plainWrite && writeBatch.join(this)) return true;
    const isSecond = this.#writer?.isSameRead() === true;
    if (!isSecond && !this.#isPipelined) return false;
    if (this.#owner.hasDeferred) setImmediate(() => this.#flushRead());
    else process.nextTick(() => this.#flushRead()); // by then the parser has passed on all requests of this read
    return true;
  }

  #flushRead(): void {
    this.#isPipelined = Array.isArray(this.#gathered);
    this.flush();
  }

  /** Writes the answers that wait. */
  flush(): void {
    const responses = this.#gathered;
    if (responses === null) return;
    const text = this.#text;
    const encoding = this.#encoding;
    this.#gathered = null;
    this.#text = "";
    this.#encoding = "ascii";
    this.#send(responses, text, encoding);
  }

  /** Drops the answers that have not been written. To be called when the connection is closed. */
  close(): void {
    const responses = [...this.#writes.splice(0), this.#gathered ?? []];
    this.#gathered = null;
    for (const dropped of responses) this.#settleAll(dropped, false);
  }

  #send(responses: DirectResponse | DirectResponse[], text: string, encoding: TextEncoding): void {
    const outcome =
      encoding !== "utf8" && this.#writes.length === 0 && this.#writer !== null
        ? this.#writer.write(text)
        : Written.REFUSED;
    if (outcome === Written.DONE) return this.#settleAll(responses, true);
    this.#writes.push(responses);
    if (outcome === Written.REFUSED)
      this.#socket.write(text, encoding === "utf8" ? "utf8" : "latin1", (error) => this.#onWritten(error));
  }

  /** Reports the result of the oldest write, then writes the answers that waited. A failed write closes the socket. */
  #onWritten(error?: Error | null): void {
    const responses = this.#writes.shift();
    if (responses !== undefined) this.#settleAll(responses, !error);
    if (this.#writes.length === 0) this.flush();
  }

  /**
   * Reports the result of a write that went to the libuv handle of the socket, past the stream. Destroys the socket, as
   * Node would, after a failure (a negative status).
   */
  complete(status: number): void {
    if (status < 0) {
      const code = util.getSystemErrorName(status);
      this.#socket.destroy(
        Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: "write" }),
      );
    }
    this.#onWritten(status < 0 ? new Error("write") : null);
  }

  /** Wraps methods of the socket once answers wait: most connections never have waiting answers. */
  #guard(): void {
    this.#isGuarded = true;
    const isPlain = this.#socket.write === this.#plainWrite;
    for (const name of ORDERED) this.#flushBefore(name);
    if (!isPlain) return;
    this.#plainWrite = this.#socket.write;
    this.#writer?.expect(this.#plainWrite);
  }

  /** Wraps a method of the socket, so that the answers that wait are written before it runs. */
  #flushBefore(name: (typeof ORDERED)[number]): void {
    const method: unknown = this.#socket[name];
    if (typeof method !== "function") return;
    const value = (...parameters: unknown[]): unknown => {
      this.flush();
      return Reflect.apply(method, this.#socket, parameters);
    };
    Object.defineProperty(this.#socket, name, { value, configurable: true, writable: true });
  }

  #settleAll(responses: DirectResponse | DirectResponse[], isWritten: boolean): void {
    if (!Array.isArray(responses)) return this.#owner.settle(responses, isWritten);
    for (const response of responses) this.#owner.settle(response, isWritten);
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Up to this many bytes, a body of bytes is written as text, with one character for each byte. Under load, such an answer
 * can be written together with other answers.
 */
const MAX_BYTES_IN_TEXT = 4096;
