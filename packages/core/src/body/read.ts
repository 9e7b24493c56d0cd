/** Reads one body: checks the head, chooses the parser, and passes the bytes to a sink. */
import type { Readable } from "node:stream";
import type { BodyParser, StreamBodyParser } from "../capability/body-parser.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import { coreError, isPacketronError, type PacketronError } from "../errors/errors.ts";
import type { PacketronRequest } from "../message/request.ts";
import { TracingPoint } from "../node/tracing.ts";
import type { PacketronRoute } from "../routing/route.ts";
import { type BodySink, type BodyStream, bodyStreamOf } from "./body-stream.ts";
import { BodyBuffer, converterFor } from "./buffer.ts";
import type { BodyHead } from "./head.ts";
import { logInvalidBody } from "./log.ts";
import { BodyPipe } from "./pipe.ts";
import { BodyResult } from "./result.ts";
import { chooseParser, headError, limitFor, typeError } from "./select-parser.ts";

/** What the channels of `packetron:body` publish. `asyncEnd` comes when the body is parsed, or cannot be. */
export interface BodyTrace {
  readonly request: PacketronRequest;
  readonly route: PacketronRoute;
  /** The reason why the body has no value: that of `request.getBodyError()`. */
  error?: unknown;
}

const bodyPoint: TracingPoint<BodyTrace> = new TracingPoint("packetron:body");

/**
 * Starts to read the body of a request, for a route with a body flag or RAW_BODY. Checks the head of the request, as
 * `dispatch/body-gates.ts` does, because a global plugin may call `getBody()` before the checks of that file run.
 *
 * @returns `null` when the request has no body.
 */
export function readBody(request: PacketronRequest, route: PacketronRoute): BodyResult | null {
  if (!request.bodyHead.isAnnounced) return null;
  return bodyPoint.isUsed ? traceBody(request, route) : beginReading(request, route);
}

/** Publishes to tracing channels how a body is read. */
function traceBody(request: PacketronRequest, route: PacketronRoute): BodyResult {
  const trace: BodyTrace = { request, route };
  const result = bodyPoint.run(trace, () => beginReading(request, route));
  const finish = (): void => {
    if (result.error !== null) bodyPoint.fail(trace, result.error);
    bodyPoint.finish(trace);
  };
  result.value.then(finish, finish);
  return result;
}

function beginReading(request: PacketronRequest, route: PacketronRoute): BodyResult {
  const { bodyHead: head } = request;
  const result = new BodyResult((error) => logInvalidBody(request, error));
  const stream = bodyStreamOf(request);
  const reason = unreadableReason(request, stream);
  if (reason !== null) {
    result.reject(reason);
    return result;
  }
  const { contentType } = head;
  const parser = chooseParser(route, contentType);
  const refused = headError(head, route, parser);
  if (refused?.code === "PKT_BODY_TOO_LARGE") result.reject(stream.refuse(limitFor(route, parser)));
  else if (refused !== null) result.invalidate("core", refused);
  else if (parser === undefined) result.invalidate("core", typeError(route, contentType));
  else start(request, route, parser, head, result);
  return result;
}

/** Returns the error that says why the body cannot be read any more; `null` when the body can be read. */
function unreadableReason(request: PacketronRequest, stream: BodyStream): PacketronError | null {
  if (stream.overflow !== null) return stream.overflow;
  // `pipe()`, `for await` and `data` listeners set `readableFlowing` before the first byte has arrived.
  const taken =
    request.readableDidRead || request.readableFlowing === true || request.listenerCount("readable") > 0;
  if (taken) return coreError("PKT_BODY_CONSUMED");
  return request.destroyed ? coreError("PKT_BODY_ABORTED", { received: stream.received }) : null;
}

function start(
  request: PacketronRequest,
  route: PacketronRoute,
  parser: BodyParser | null,
  { contentType, codings: known }: BodyHead,
  result: BodyResult,
): void {
  const stream = bodyStreamOf(request);
  const codings = known ?? [];
  const limit = limitFor(route, parser);
  if (parser?.form === "stream") {
    const open = (body: Readable): void => void openStream(body, request, route, parser, result);
    stream.start(new BodyPipe(stream, result, { codings, limit, open }));
    return;
  }
  const name = parser?.name ?? "RAW_BODY";
  const keepRaw = (route.flags & PacketronHandlerFlags.RAW_BODY) !== 0;
  try {
    const convert = converterFor(parser, request, contentType);
    const buffer = new BodyBuffer(result, limit, { name, keepRaw, convert });
    if (codings.length === 0) return stream.start(buffer);
    const open = (body: Readable): void => collect(body, buffer);
    stream.start(new BodyPipe(stream, result, { codings, limit, open }));
  } catch (error) {
    result.invalidate(name, error);
  }
}

/**
 * Passes a stream on to a sink. Errors of the stream are not handled here, because the pipe passes them to the result.
 */
function collect(stream: Readable, sink: BodySink): void {
  stream.on("data", (chunk: Buffer) => sink.write(chunk));
  stream.on("end", () => sink.end());
}

async function openStream(
  stream: Readable,
  request: PacketronRequest,
  route: PacketronRoute,
  parser: StreamBodyParser,
  result: BodyResult,
): Promise<void> {
  try {
    const parsed = await parser.open(stream, request, route);
    if (!stream.readableEnded) stream.resume(); // drops what the parser did not read, to keep the connection usable
    result.resolveParsed(parsed);
  } catch (error) {
    if (isPacketronError(error) && hasFailed(request)) result.reject(error);
    else result.invalidate(parser.name, error);
    stream.destroy();
  }
}

/**
 * Whether the connection has closed, or the request was refused or answered with a status from 500 on. An error of the
 * parser then comes from a body that was cut off, and does not mean that the client sent an invalid body.
 */
function hasFailed({ socket, response }: PacketronRequest): boolean {
  const failedAnswer = response?.refused === true || Number(response?.statusCode) >= 500;
  return socket.destroyed || (failedAnswer && response?.headersSent === true);
}
