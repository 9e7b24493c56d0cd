/** The writing end of a connection: which answers leave together, and when each of them is out. */
import { Socket } from "node:net";
import { COPY_LIMIT } from "../message/head.ts";
import type { HttpSocket } from "../node/internals.ts";
import { util } from "../node/modules.ts";
import { createRawWriter, type RawWriter, Written } from "../node/raw-write.ts";
import type { DirectResponse } from "./response.ts";
import { type PendingWriter, writeBatch } from "./write-batch.ts";

/** How the characters of a text become bytes. In ASCII it makes no difference, and such a text goes with any other. */
export type TextEncoding = "ascii" | "latin1" | "utf8";

/** Methods that end a socket or write on it; all others call one of these. Answers that were given before leave first. */
const ORDERED = ["write", "end", "destroy"] as const;

/** Writes the direct answers of one connection, in order. */
export class ResponseWriter implements PendingWriter {
  readonly #socket: HttpSocket;
  readonly #settle: (response: DirectResponse, isWritten: boolean) => void;
  readonly #writer: RawWriter | null;
  /** `write` of the socket, as this class has left it; `null` where it was wrapped before. */
  readonly #plainWrite: unknown;
  /** Whose answers the system has not taken yet, an entry for each write, oldest first. */
  readonly #writes: (DirectResponse | DirectResponse[])[] = [];
  /** The answers that wait to leave in one write; no list where there is but one, as nearly always. */
  #gathered: DirectResponse | DirectResponse[] | null = null;
  /** Whether the last read had several requests. */
  #isPipelined = false;
  #text = "";
  #encoding: TextEncoding = "ascii";
  readonly #mostText: number;

  /** @param settle Told about each answer once, in order: whether it is out, or will never be. */
  constructor(socket: HttpSocket, settle: (response: DirectResponse, isWritten: boolean) => void) {
    this.#socket = socket;
    this.#settle = settle;
    this.#mostText = socket.writableHighWaterMark;
    const isWrapped = socket.write !== Socket.prototype.write;
    for (const name of ORDERED) this.#putBefore(name);
    this.#plainWrite = isWrapped ? null : socket.write;
    this.#writer = isWrapped ? null : createRawWriter(socket, this.#completed);
  }

  /** Whether everything is out. */
  get isEmpty(): boolean {
    return this.#writes.length === 0 && this.#gathered === null;
  }

  /**
   * Writes an answer.
   *
   * @param isAscii Whether the head is in ASCII.
   * @param length Of the body, in bytes.
   */
  write(
    response: DirectResponse,
    head: string,
    isAscii: boolean,
    body: string | Uint8Array,
    length: number,
  ): void {
    // As Node does: a text and the head before it in UTF-8, any other head in Latin-1.
    if (typeof body !== "string") this.writeBytes(response, head, body);
    else if (isAscii && length === body.length) this.writeText(response, head + body, "ascii");
    else if (body === "") this.writeBytes(response, head, NOTHING);
    else this.writeText(response, head + body, "utf8");
  }

  /**
   * Writes head and body as one text. The first answer of a read leaves at once; later ones of that read, and those that
   * are given while a write is under way, leave together. Once a client has pipelined, its first answer waits for the next
   * ones, too: 16 in one write. And under load it waits for those of other connections.
   */
  writeText(response: DirectResponse, text: string, encoding: TextEncoding): void {
    if (this.isEmpty && !this.#waits()) return this.#send(response, text, encoding);
    if (encoding !== "ascii" && this.#encoding !== encoding) {
      if (this.#encoding !== "ascii") this.flush();
      this.#encoding = encoding;
    }
    this.#gather(response);
    this.#text += text;
    if (this.#text.length > this.#mostText) this.flush();
  }

  /** Writes a head, and then bytes. */
  writeBytes(response: DirectResponse, head: string, body: Uint8Array): void {
    this.flush();
    const outcome =
      this.#writes.length === 0 && this.#writer !== null
        ? this.#writer.writeBytes(head, body)
        : Written.REFUSED;
    if (outcome === Written.DONE) return this.#settle(response, true);
    this.#writes.push(response);
    if (outcome === Written.PENDING) return;
    if (body.byteLength <= COPY_LIMIT) {
      const bytes = Buffer.allocUnsafe(head.length + body.byteLength);
      bytes.write(head, "latin1");
      bytes.set(body, head.length);
      this.#socket.write(bytes, this.#written);
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, "latin1");
    this.#socket.write(body, this.#written);
    this.#socket.uncork();
  }

  #gather(response: DirectResponse): void {
    if (this.#gathered === null) this.#gathered = response;
    else if (Array.isArray(this.#gathered)) this.#gathered.push(response);
    else this.#gathered = [this.#gathered, response];
  }

  /** Whether an answer is to wait for others; then `flush()` will come. A write that is under way flushes by itself. */
  #waits(): boolean {
    // A wrapped write() is called in the context of the handler.
    if (this.#socket.write === this.#plainWrite && writeBatch.join(this)) return true;
    const isSecond = this.#writer?.isSameRead() === true;
    if (!isSecond && !this.#isPipelined) return false;
    process.nextTick(this.#flushRead); // by then all requests of this read have come
    return true;
  }

  readonly #flushRead = (): void => {
    this.#isPipelined = Array.isArray(this.#gathered);
    this.flush();
  };

  /** Writes what waits. */
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

  /** The connection is closed: what waits will never be written. */
  close(): void {
    const responses = [...this.#writes.splice(0), this.#gathered ?? []];
    this.#gathered = null;
    for (const those of responses) this.#settleAll(those, false);
  }

  #send(responses: DirectResponse | DirectResponse[], text: string, encoding: TextEncoding): void {
    const outcome =
      encoding !== "utf8" && this.#writes.length === 0 && this.#writer !== null
        ? this.#writer.write(text)
        : Written.REFUSED;
    if (outcome === Written.DONE) return this.#settleAll(responses, true);
    this.#writes.push(responses);
    if (outcome === Written.REFUSED)
      this.#socket.write(text, encoding === "utf8" ? "utf8" : "latin1", this.#written);
  }

  /** A write of the stream is out, or has failed; then the socket is about to close. */
  readonly #written = (error?: Error | null): void => {
    const responses = this.#writes.shift();
    if (responses !== undefined) this.#settleAll(responses, !error);
    if (this.#writes.length === 0) this.flush();
  };

  /** A write past the stream is out, or has failed. */
  readonly #completed = (status: number): void => {
    if (status < 0) {
      const code = util.getSystemErrorName(status);
      this.#socket.destroy(
        Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: "write" }),
      );
    }
    this.#written(status < 0 ? new Error("write") : null);
  };

  /** Lets the answers that wait leave before a method of the socket does its work. */
  #putBefore(name: (typeof ORDERED)[number]): void {
    const method: unknown = this.#socket[name];
    if (typeof method !== "function") return;
    const value = (...parameters: unknown[]): unknown => {
      this.flush();
      return Reflect.apply(method, this.#socket, parameters);
    };
    Object.defineProperty(this.#socket, name, { value, configurable: true, writable: true });
  }

  #settleAll(responses: DirectResponse | DirectResponse[], isWritten: boolean): void {
    if (!Array.isArray(responses)) return this.#settle(responses, isWritten);
    for (const response of responses) this.#settle(response, isWritten);
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
