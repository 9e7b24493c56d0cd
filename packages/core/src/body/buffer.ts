/** Bodies that are read as a whole: the bytes are collected, then converted once. */
import type { BodyParser } from "../capability/body-parser.ts";
import type { PacketronError } from "../errors/errors.ts";
import { textDecoderFor } from "../http/charset.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { BodySink } from "./body-stream.ts";
import { ByteCollector } from "./collector.ts";
import type { BodyResult } from "./result.ts";

/** From all bytes of a body (one at least) to its value; throws when they are not valid, reports what is missing. */
export type Convert = (bytes: Buffer, report: (error: Error) => void) => unknown;

/**
 * The conversion that a parser stands for; without one (RAW_BODY alone) there is no value.
 *
 * @throws PKT_BODY_CHARSET when the parser takes text and the charset of the Content-Type is not known
 */
export function converterFor(
  parser: BodyParser | null,
  request: PacketronRequest,
  contentType: string | undefined,
): Convert {
  if (parser?.form === "bytes") return (bytes, report) => parser.parse(bytes, request, report);
  if (parser?.form !== "text") return () => null;
  const decode = textDecoderFor(contentType);
  return (bytes, report) => {
    const text = decode(bytes);
    return text === "" ? null : parser.parse(text, request, report); // nothing but a byte order mark is an empty body
  };
}

/** What a collected body is for. */
export interface BufferOptions {
  /** Who converts it; errors name it. */
  readonly name: string;
  readonly convert: Convert;
  /** Whether the bytes are kept for `getRawBody()`. */
  readonly keepRaw: boolean;
}

/** Collects a body and converts it at its end. */
export class BodyBuffer implements BodySink {
  readonly wireLimit: number;
  readonly #result: BodyResult;
  readonly #options: BufferOptions;
  readonly #bytes: ByteCollector = new ByteCollector();

  constructor(result: BodyResult, wireLimit: number, options: BufferOptions) {
    this.wireLimit = wireLimit;
    this.#result = result;
    this.#options = options;
  }

  write(chunk: Buffer): boolean {
    this.#bytes.add(chunk);
    return true;
  }

  end(): void {
    if (this.#bytes.size === 0) {
      this.#result.resolve(null);
      return;
    }
    const { name, convert, keepRaw } = this.#options;
    const bytes = this.#bytes.take();
    if (keepRaw) this.#result.raw = bytes;
    try {
      const value = convert(bytes, (error) => {
        this.#result.error = error;
      });
      this.#result.resolve(value);
    } catch (error) {
      this.#result.invalidate(name, error);
    }
  }

  fail(error: PacketronError): void {
    this.#result.reject(error);
  }
}
