/**
 * Builds the heads (status line and headers) of the answers that Packetron writes without Node's response code. Each
 * head is one string, with the same content that Node would write.
 */

import type { ServerResponse } from "node:http";
import { headerText, isConstant } from "../http/headers.ts";
import { http } from "../node/http.ts";
import { type HeaderValue, isOwnFraming, type OutHeaders } from "../node/internals.ts";
import type { HeaderBlock } from "./header-block.ts";
import type { PreparedAnswer, PreparedText } from "./prepared-answer.ts";

/**
 * Headers of every answer, by lower-case name: of the answers whose head Packetron writes, and of those whose head Node
 * writes. A header of the same name that is set on a response wins. Empty today.
 */
export const commonHeaders: OutHeaders = Object.create(null);

/** Sets {@link commonHeaders} on a response whose head Node writes. */
export function setCommonHeaders(response: Pick<ServerResponse, "hasHeader" | "setHeader">): void {
  for (const key in commonHeaders) {
    const header = commonHeaders[key];
    if (header !== undefined && !response.hasHeader(key)) response.setHeader(header[0], header[1]);
  }
}

/** Up to this many bytes, head and body are copied together, because one write is cheaper than two. */
export const COPY_LIMIT = 16_384;

/** Heads by Content-Type and status. */
type PlainHeads = Map<string | null, (string | undefined)[]>;

/** Builds the heads of one server's direct answers, that is, of answers that do not go through Node's response code. */
export class HeadBuilder {
  /** The lines that say what becomes of the connection, which are the same in all heads. */
  readonly #connection: string;
  /**
   * Cached heads, by Content-Type and status, of answers for which the handler has set no headers. Each head ends
   * before the number of Content-Length. The cache is emptied when the Date line is no longer `#date`.
   */
  readonly #plain: PlainHeads = new Map();
  /** The same for answers with a block of headers, by block. */
  readonly #plainOfBlocks = new Map<HeaderBlock, PlainHeads>();
  #date = "";

  /** @param keepAliveTimeout How long the connection may be idle, in milliseconds; `null` if it closes. */
  constructor(keepAliveTimeout: number | null) {
    this.#connection = connectionLines(keepAliveTimeout);
  }

  /**
   * Builds the head of an answer.
   *
   * @param type The Content-Type; `null` when it is among the lines, or when the answer has no type.
   * @param lines The lines of the headers that are set, as {@link setLines} makes them.
   * @param set The same headers by lower-case name; `null` when there are no lines.
   * @param length The length of the body, in bytes. A status without content has no length, RFC 9110 section 8.6.
   * @param block Headers that the answer gets unless it has a header of the same name.
   */
  build(
    status: number,
    type: string | null,
    lines: string,
    set: OutHeaders | null,
    length: number,
    block: HeaderBlock | null = null,
  ): string {
    if (!hasContent(status)) return `${this.#start(`${statusLine(status)}${lines}`, set, null, block)}\r\n`;
    const head =
      lines === ""
        ? this.#plainHead(status, type, block)
        : this.#head(`${statusLine(status)}${lines}${typeLine(type)}`, set, null, block);
    return `${head}${status === 205 ? 0 : length}\r\n\r\n`; // RFC 9110 section 15.3.6
  }

  /** Returns the head, up to the number of Content-Length, of an answer for which the handler has set no headers. */
  #plainHead(status: number, type: string | null, block: HeaderBlock | null): string {
    const now = dateLine();
    if (now !== this.#date) {
      this.#date = now;
      this.#plain.clear();
      this.#plainOfBlocks.clear();
    }
    const heads = block === null ? this.#plain : this.#headsOf(block);
    let ofType = heads.get(type);
    if (ofType === undefined) {
      ofType = [];
      heads.set(type, ofType);
    }
    return (ofType[status] ??= this.#head(`${statusLine(status)}${typeLine(type)}`, null, null, block));
  }

  #headsOf(block: HeaderBlock): PlainHeads {
    let heads = this.#plainOfBlocks.get(block);
    if (heads === undefined) {
      heads = new Map();
      this.#plainOfBlocks.set(block, heads);
    }
    return heads;
  }

  /** Builds the text of a prepared answer. Headers set on the response replace prepared headers of the same name. */
  prepared(
    answer: PreparedAnswer,
    headers: OutHeaders | null,
    block: HeaderBlock | null = null,
  ): Pick<PreparedText, "head" | "whole"> {
    const text = this.#preparedText(answer, block);
    if (headers === null) return text;
    const start = statusLine(answer.status) + linesOf(headers, null);
    const head = this.#preparedHead(answer, start, headers, block);
    return { head, whole: text.whole === null ? null : head + text.whole.slice(text.head.length) };
  }

  /** Builds the head of an answer without content, which has no length: RFC 9110 section 8.6. */
  withoutContent(status: number, lines: string, set: OutHeaders | null): string {
    return `${this.#start(`${statusLine(status)}${lines}`, set, null, null)}\r\n`;
  }

  #preparedText(answer: PreparedAnswer, block: HeaderBlock | null): PreparedText {
    const date = dateLine();
    const connection = this.#connection;
    const { status, body, text } = answer;
    if (text !== null && text.date === date && text.connection === connection && text.block === block)
      return text;
    const head = this.#preparedHead(answer, statusLine(status), null, block);
    const isSmall = hasContent(status) && head.length + body.byteLength <= COPY_LIMIT;
    answer.text = { date, connection, block, head, whole: isSmall ? head + asLatin1(body) : null };
    return answer.text;
  }

  #preparedHead(
    { status, headers, body }: PreparedAnswer,
    start: string,
    set: OutHeaders | null,
    block: HeaderBlock | null,
  ): string {
    const lines = start + linesOf(headers, set);
    return hasContent(status)
      ? `${this.#head(lines, set, headers, block)}${body.byteLength}\r\n\r\n`
      : `${this.#start(lines, set, headers, block)}\r\n`;
  }

  #head(
    lines: string,
    set: OutHeaders | null,
    prepared: OutHeaders | null,
    block: HeaderBlock | null,
  ): string {
    return `${this.#start(lines, set, prepared, block)}Content-Length: `;
  }

  /** Returns the beginning of a head: the header lines of this answer, then the lines that all answers have. */
  #start(
    lines: string,
    set: OutHeaders | null,
    prepared: OutHeaders | null,
    block: HeaderBlock | null,
  ): string {
    const ofBlock = block === null ? "" : block.linesBeside(set, prepared);
    return `${lines}${ofBlock}${commonLines(set, prepared)}${dateLine()}${this.#connection}`;
  }
}

/** The lines `Connection` and `Keep-Alive`. */
function connectionLines(keepAliveTimeout: number | null): string {
  if (keepAliveTimeout === null) return "Connection: close\r\n";
  const idle =
    keepAliveTimeout === 0 ? "" : `Keep-Alive: timeout=${Math.floor(keepAliveTimeout / 1_000)}\r\n`;
  return `Connection: keep-alive\r\n${idle}`;
}

/** Builds the head of a refusal on a connection that has no response object and closes after it. */
export function closingHead(status: number, type: string | null, length: number): string {
  const start = `${statusLine(status)}${commonLines(null, null)}${dateLine()}Connection: close\r\n`;
  return `${start}${typeLine(type)}Content-Length: ${length}\r\n\r\n`;
}

/** Returns the lines of {@link commonHeaders}, without the headers that the answer sets itself. */
function commonLines(set: OutHeaders | null, prepared: OutHeaders | null): string {
  let lines = "";
  for (const key in commonHeaders) {
    const header = commonHeaders[key];
    if (header === undefined || set?.[key] !== undefined || prepared?.[key] !== undefined) continue;
    lines += headerLines(header[0], header[1]);
  }
  return lines;
}

/**
 * Makes the header lines from the headers that are set on a response, in one pass: three passes took 4 % of the CPU
 * time of an answer with three headers.
 *
 * @returns `null` when only Node's code can write one of the headers, such as Connection or Transfer-Encoding.
 * @throws As {@link headerText}.
 */
export function setLines(headers: OutHeaders): string | null {
  let lines = "";
  for (const key in headers) {
    if (isOwnFraming(key)) return null;
    const header = headers[key];
    if (header === undefined) continue;
    const [name, value] = header;
    lines += isConstant(value) ? `${name}: ${value}\r\n` : headerLines(name, headerText(name, value));
  }
  return lines;
}

/** The lines of headers, without the headers whose names are among `others`. */
function linesOf(headers: OutHeaders, others: OutHeaders | null): string {
  let lines = "";
  for (const key in headers) {
    const header = headers[key];
    if (header !== undefined && others?.[key] === undefined) lines += headerLines(header[0], header[1]);
  }
  return lines;
}

function headerLines(name: string, value: HeaderValue): string {
  if (typeof value !== "object") return `${name}: ${value}\r\n`;
  let lines = "";
  for (const member of value) lines += `${name}: ${member}\r\n`;
  return lines;
}

/** Whether an answer may have content, RFC 9110 sections 15.3.5 and 15.4.5. */
export function hasContent(status: number): boolean {
  return status !== 204 && status !== 304;
}

/** Returns bytes as a text with one character for each byte. */
export function asLatin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}

function typeLine(type: string | null): string {
  return type === null ? "" : `Content-Type: ${type}\r\n`;
}

const statusLines: (string | undefined)[] = [];

function statusLine(status: number): string {
  return (statusLines[status] ??= `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? "unknown"}\r\n`);
}

let date = "";

/**
 * The Date line, RFC 9110 section 6.6.1. As in Node, a timer ends each second: reading the clock costs 30 ns or more.
 */
function dateLine(): string {
  if (date === "") {
    const now = new Date();
    date = `Date: ${now.toUTCString()}\r\n`;
    setTimeout(endSecond, 1_000 - now.getMilliseconds()).unref();
  }
  return date;
}

function endSecond(): void {
  date = "";
}
