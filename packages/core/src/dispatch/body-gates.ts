/** What is decided about a body before the handler runs: the gates that a route needs, and none that it does not. */

import type { BodyHead } from "../body/head.ts";
import { chooseParser, hasSeveralBits, headError, readsBodies } from "../body/select-parser.ts";
import { type Gate, GateOrder } from "../capability/contract.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import { isPacketronError } from "../errors/errors.ts";
import { acceptedCodings } from "../http/content-coding.ts";
import { sendError } from "../message/fail.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { OrderedGate } from "../routing/gates.ts";
import type { PacketronRoute } from "../routing/route.ts";

/**
 * The gates of a route, by its parsers, flags and caps:
 *
 * - a declared length over the cap is 413 before a byte is read, also instead of `100 Continue`;
 * - a content coding that the server cannot undo is 415, and so is a media type that none of several body bits reads;
 * - with REJECT_INVALID_BODY the body is read first, and one that is not valid is 400 (415 when it is of another type).
 */
export function bodyGates(route: PacketronRoute): readonly OrderedGate[] {
  // The names are those that `packetron routes` shows.
  if (!readsBodies(route)) {
    if (route.streamLimit === Number.POSITIVE_INFINITY) return [];
    const bodyLimit: Gate = (request, response) => checkLength(request, response, route);
    return [{ order: GateOrder.BODY_LIMIT, gate: bodyLimit }];
  }
  const several = hasSeveralBits(route);
  const bodyHead: Gate = (request, response) => {
    const { bodyHead: head } = request;
    return head.isAnnounced && checkHead(head, response, route, several);
  };
  const head: OrderedGate = { order: GateOrder.BODY_LIMIT, gate: bodyHead };
  if ((route.flags & PacketronHandlerFlags.REJECT_INVALID_BODY) === 0) return [head];
  const invalidBody: Gate = (request, response) => request.hasBody() && rejectInvalid(request, response);
  return [head, { order: GateOrder.LATE, gate: invalidBody }];
}

/** A stream is refused for its length only: codings and type are a matter of its reader. */
function checkLength(request: PacketronRequest, response: PacketronResponse, route: PacketronRoute): boolean {
  if (!(request.bodyHead.length > route.streamLimit)) return false;
  sendError(response, 413);
  return true;
}

function checkHead(
  head: BodyHead,
  response: PacketronResponse,
  route: PacketronRoute,
  several: boolean,
): boolean {
  const parser = chooseParser(route, head.contentType);
  if (parser === undefined && several) {
    sendError(response, 415);
    return true;
  }
  const error = headError(head, route, parser);
  if (error === null) return false;
  // RFC 9110 section 15.5.16: Accept-Encoding in a 415 says that the coding was the reason, and which would do.
  if (error.code === "PKT_BODY_CODING") sendError(response, 415, { "Accept-Encoding": acceptedCodings });
  else sendError(response, 413);
  return true;
}

/** A body that cannot be read to its end rejects: it has its answer, or nobody to answer. */
async function rejectInvalid(request: PacketronRequest, response: PacketronResponse): Promise<boolean> {
  await request.getBody();
  const error = await request.getBodyError();
  if (error === null) return false;
  sendError(response, (isPacketronError(error) ? error.status : undefined) ?? 400);
  return true;
}
