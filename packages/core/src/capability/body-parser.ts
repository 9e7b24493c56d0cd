/**
 * The contract of body parsers, a part of the capability contract: what a parser declares, and in which form it gets a
 * body.
 */
import type { Readable } from "node:stream";
import type { FlagsOf } from "../config/flags.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronRoute } from "../routing/route.ts";

/** Turns a body into a value. Core reads the bytes, and applies size limits, content codings and the charset. */
export type BodyParser = TextBodyParser | BytesBodyParser | StreamBodyParser;

/** What every body parser declares. */
export interface BodyParserBase {
  /** The handler-flag bit that asks for this parser: one bit between `1 << 20` and `1 << 30` for third parties. */
  readonly flag: FlagsOf<"handler">;
  /** The name of the bit, as users write it: `"JSON_BODY"`. Error messages and logs show it. */
  readonly name: string;
  /**
   * The media types that the parser reads: `"application/json"`, `"application/*+json"`, `"text/*"`. On a route with
   * several body bits, core chooses the parser whose media types match the `Content-Type` of the request.
   */
  readonly mediaTypes: readonly string[];
  /**
   * Whether the parser refuses a body of another media type even when the route has no other body bit: `getBody()`
   * gives `null`, and `getBodyError()` gives PKT_BODY_TYPE.
   *
   * @default false: the only parser of a route gets bodies of every media type
   */
  readonly requireMediaType?: boolean;
}

/**
 * A parser that gets the whole body as a string, decoded by the charset of the Content-Type (UTF-8 by default), without
 * a BOM.
 */
export interface TextBodyParser extends BodyParserBase {
  readonly form: "text";
  /**
   * Returns the value of a text, which is never empty. If it throws, the body is not valid: `getBody()` gives `null`.
   * An error with a code and the status 413, or 500 and above, makes `getBody()` reject instead.
   *
   * @param report Reports an error about a value that is incomplete; `getBodyError()` gives this error.
   */
  parse(text: string, request: PacketronRequest, report: (error: Error) => void): unknown;
}

/** A parser that gets the whole body as bytes, without content codings. */
export interface BytesBodyParser extends BodyParserBase {
  readonly form: "bytes";
  /**
   * Returns the value of the bytes; there is at least one byte. If it throws, the body is not valid, as with
   * {@link TextBodyParser.parse}.
   *
   * @param report Reports an error about a value that is incomplete; `getBodyError()` gives this error.
   */
  parse(bytes: Buffer, request: PacketronRequest, report: (error: Error) => void): unknown;
}

/**
 * A parser that gets the body as a stream, without content codings. Core counts its bytes against the size limit, and
 * destroys it when the client disconnects.
 */
export interface StreamBodyParser extends BodyParserBase {
  readonly form: "stream";
  /**
   * Reads the stream to its end, or destroys it. If it rejects, the body is not valid: `getBody()` gives `null`. An
   * error with a code and the status 413 (too large), or 500 and above (a fault of the server), makes `getBody()`
   * reject with it. So does an error with a code when the client has disconnected, or when the request was refused or
   * has failed while the stream was read.
   */
  open(stream: Readable, request: PacketronRequest, route: PacketronRoute): Promise<ParsedBody>;
}

/** The result of {@link StreamBodyParser.open}. */
export interface ParsedBody {
  /** The value for `getBody()`. */
  readonly body: unknown;
  /** The files for `getFiles()`, by field name. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** The error for `getBodyError()`, when only a part of the body could be read. */
  readonly error?: Error;
}
