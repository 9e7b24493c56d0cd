/**
 * The part of the capability contract that a parser of bodies fulfils: what it says of itself, and in which form it gets
 * a body.
 */
import type { Readable } from "node:stream";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronRoute } from "../routing/route.ts";

/** A parser turns a body into a value; core reads the bytes, and applies caps, content codings and charset. */
export type BodyParser = TextBodyParser | BytesBodyParser | StreamBodyParser;

/** What every parser states about itself. */
export interface BodyParserBase {
  /** The handler-flag bit that asks for this parser: one bit between `1 << 20` and `1 << 30` for third parties. */
  readonly flag: number;
  /** The name of the bit, as users write it: `"JSON_BODY"`. */
  readonly name: string;
  /**
   * The media types it reads: `"application/json"`, `"application/*+json"`, `"text/*"`. They choose among the body
   * bits of a route.
   */
  readonly mediaTypes: readonly string[];
  /**
   * Whether a body of another media type is refused (`getBody()` gives `null`, `getBodyError()` has PKT_BODY_TYPE)
   * even when the route has no other body bit.
   *
   * @default false: the route's only parser gets whatever the client sends
   */
  readonly requireMediaType?: boolean;
}

/** Gets the whole body as a string, decoded by the charset of the Content-Type (UTF-8 by default), BOM removed. */
export interface TextBodyParser extends BodyParserBase {
  readonly form: "text";
  /**
   * Gives the value of a text, which is never empty. A throw means "not valid": `getBody()` gives `null`, or rejects as
   * described at {@link StreamBodyParser.open}.
   *
   * @param report Tells `getBodyError()` that the value is not all that was sent.
   */
  parse(text: string, request: PacketronRequest, report: (error: Error) => void): unknown;
}

/** Gets the whole body as bytes, content codings removed. */
export interface BytesBodyParser extends BodyParserBase {
  readonly form: "bytes";
  /** As {@link TextBodyParser.parse}, for one byte at least. */
  parse(bytes: Buffer, request: PacketronRequest, report: (error: Error) => void): unknown;
}

/** Gets the body as a stream: content codings removed, counted by the cap, destroyed when the client goes away. */
export interface StreamBodyParser extends BodyParserBase {
  readonly form: "stream";
  /**
   * Reads the stream to its end, or destroys it. A rejection means "not valid": `getBody()` gives `null`. With a coded
   * error of status 413, or of 500 and above, `getBody()` rejects with it: too much, or the server's own fault. It also
   * rejects with a coded error when the client has left, or the request was refused or failed meanwhile.
   */
  open(stream: Readable, request: PacketronRequest, route: PacketronRoute): Promise<ParsedBody>;
}

/** What a stream parser resolves with. */
export interface ParsedBody {
  /** What `getBody()` gives. */
  readonly body: unknown;
  /** What `getFiles()` gives: values by field name. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** What `getBodyError()` tells, when the body could be read in part only. */
  readonly error?: Error;
}
