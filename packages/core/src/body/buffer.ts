/** Reads a body as a whole: collects the bytes, then converts them once. */
import type { BodyParser } from "../capability/body-parser.ts";
import type { PacketronError } from "../errors/errors.ts";
import { textDecoderFor } from "../http/charset.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { BodySink } from "./body-stream.ts";
import { ByteCollector } from "./collector.ts";
import type { BodyResult } from "./result.ts";

/**
 * Converts all bytes of a body, at least one, to its value. Throws when the bytes are not valid; calls `report` when
 * the value lacks a part of what was sent.
 */
export type Convert = (bytes: Buffer, report: (error: Error) => void) => unknown;

/**
 * Returns the function that converts a body's bytes with a parser. The function returns `null` when the route has no
 * parser, only the flag RAW_BODY.
 *
 * @throws PKT_BODY_CHARSET when the parser takes text and the server does not know the charset of the Content-Type.
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
    return text === "" ? null : parser.parse(text, request, report); // only a byte order mark: an empty body
  };
}

/** How a collected body is converted, and whether its bytes are kept. */
export interface BufferOptions {
  /** The name of the parser, for errors. */
  readonly name: string;
  readonly convert: Convert;
  /** Whether `getRawBody()` returns the bytes. */
  readonly keepRaw: boolean;
}

/** Collects the bytes of a body, and converts the bytes when the body is complete. */
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
