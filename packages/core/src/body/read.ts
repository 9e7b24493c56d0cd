/** The reading of one body: from the headers of a request to the sink that its bytes go to. */
import type { Readable } from "node:stream";
import type { BodyParser, StreamBodyParser } from "../capability/body-parser.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import { coreError, type PacketronError } from "../errors/errors.ts";
import { contentCodings } from "../http/content-coding.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { BodySink } from "./body-stream.ts";
import { BodyBuffer, converterFor } from "./buffer.ts";
import { announcesBody, type BodyHead, readBodyHead } from "./head.ts";
import { logInvalidBody } from "./log.ts";
import { BodyPipe } from "./pipe.ts";
import { BodyOutcome } from "./result.ts";
import { chooseParser, headError, limitFor, typeError } from "./select-parser.ts";

/**
 * Starts to read the body of a request, `null` when it has none, for a route that reads bodies. The gates of `gates.ts`
 * have looked at the headers before the handler runs, but a global plugin may ask for the body before them: so it is done
 * here too.
 */
export function readBody(request: PacketronRequest, route: PacketronRoute): BodyOutcome | null {
  const head = readBodyHead(request);
  if (!announcesBody(head)) return null;
  const outcome = new BodyOutcome((error) => logInvalidBody(request, error));
  const lost = lossOf(request);
  if (lost !== null) {
    outcome.reject(lost);
    return outcome;
  }
  const { contentType } = head;
  const parser = chooseParser(route, contentType);
  const refused = headError(head, route, parser);
  if (refused?.code === "PKT_BODY_TOO_LARGE") outcome.reject(request.refuseBody(limitFor(route, parser)));
  else if (refused !== null) outcome.giveUp("core", refused);
  else if (parser === undefined) outcome.giveUp("core", typeError(route, contentType));
  else start(request, route, parser, head, outcome);
  return outcome;
}

/** Why there is nothing left to read; `null` when there is. */
function lossOf(request: PacketronRequest): PacketronError | null {
  if (request.overflow !== null) return request.overflow;
  // `pipe`, `for await` and `data` listeners make it flow before the first byte has come.
  const taken =
    request.readableDidRead || request.readableFlowing === true || request.listenerCount("readable") > 0;
  if (taken) return coreError("PKT_BODY_CONSUMED");
  return request.destroyed ? coreError("PKT_BODY_ABORTED", { received: request.received }) : null;
}

function start(
  request: PacketronRequest,
  route: PacketronRoute,
  parser: BodyParser | null,
  { contentType, contentEncoding }: BodyHead,
  outcome: BodyOutcome,
): void {
  const codings = contentCodings(contentEncoding) ?? [];
  const limit = limitFor(route, parser);
  if (parser?.form === "stream") {
    const open = (stream: Readable): void => void openStream(stream, request, route, parser, outcome);
    request.startBody(new BodyPipe(request, outcome, { codings, limit, open }));
    return;
  }
  const name = parser?.name ?? "RAW_BODY";
  const keepRaw = (route.flags & PacketronHandlerFlags.RAW_BODY) !== 0;
  try {
    const convert = converterFor(parser, request, contentType);
    const buffer = new BodyBuffer(outcome, limit, { name, keepRaw, convert });
    if (codings.length === 0) return request.startBody(buffer);
    const open = (stream: Readable): void => collect(stream, buffer);
    request.startBody(new BodyPipe(request, outcome, { codings, limit, open }));
  } catch (error) {
    outcome.giveUp(name, error);
  }
}

/** What goes wrong on the way ends the stream, and the outcome knows it from there. */
function collect(stream: Readable, sink: BodySink): void {
  stream.on("data", (chunk: Buffer) => sink.write(chunk));
  stream.on("end", () => sink.end());
}

async function openStream(
  stream: Readable,
  request: PacketronRequest,
  route: PacketronRoute,
  parser: StreamBodyParser,
  outcome: BodyOutcome,
): Promise<void> {
  try {
    const parsed = await parser.open(stream, request, route);
    if (!stream.readableEnded) stream.resume(); // what follows the part that it wanted, so that the connection lives on
    outcome.resolveParsed(parsed);
  } catch (error) {
    outcome.giveUp(parser.name, error);
    stream.destroy();
  }
}
