/** The gates that check a body before the handler runs. A route gets only the gates that it needs. */

import type { BodyHead } from "../body/head.ts";
import {
  chooseParser,
  hasSeveralBits,
  headError,
  limitFor,
  readsBodies,
  typeError,
} from "../body/select-parser.ts";
import { type Gate, GateOrder } from "../capability/contract.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import { coreError, isPacketronError } from "../errors/errors.ts";
import { acceptedCodings } from "../http/content-coding.ts";
import { prepareRefusal, refuse } from "../message/refusal.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { OrderedGate } from "../routing/gate-chain.ts";
import type { PacketronRoute } from "../routing/route.ts";

/**
 * Makes the gates of a route from its parsers, flags and size limits:
 *
 * - A Content-Length over the limit gets 413 before a byte is read. A client that waits for `100 Continue` gets the 413
 *   instead.
 * - A content coding that the server cannot decode gets 415. So does a media type that no parser reads, on a route with
 *   several body flags.
 * - With REJECT_INVALID_BODY the body is read before the handler runs. An invalid body gets 400, a wrong type 415.
 */
export function bodyGates(route: PacketronRoute): readonly OrderedGate[] {
  // `packetron routes` shows the names of these functions.
  if (!readsBodies(route)) {
    if (route.streamLimit === Number.POSITIVE_INFINITY) return [];
    const { streamLimit: limit } = route;
    const refuseTooLarge = prepareRefusal({
      status: 413,
      fields: { limit },
      error: () => coreError("PKT_BODY_TOO_LARGE", { limit }),
    });
    // Refuses a streamed body only for its length: the handler that reads the stream decides about codings and type.
    const bodyLimit: Gate = (request, response) => {
      if (!(request.bodyHead.length > limit)) return checkReceived(request, route);
      refuseTooLarge(response);
      return true;
    };
    return [{ order: GateOrder.BODY_LIMIT, gate: bodyLimit }];
  }
  const several = hasSeveralBits(route);
  const bodyHead: Gate = (request, response) => {
    const { bodyHead: head } = request;
    return head.isAnnounced && (checkHead(head, response, route, several) || checkReceived(request, route));
  };
  const head: OrderedGate = { order: GateOrder.BODY_LIMIT, gate: bodyHead };
  if ((route.flags & PacketronHandlerFlags.REJECT_INVALID_BODY) === 0) return [head];
  const invalidBody: Gate = (request, response) => request.hasBody() && rejectInvalid(request, response);
  return [head, { order: GateOrder.LATE, gate: invalidBody }];
}

/** Refuses a body that had exceeded its cap before the route was known: a deferred request, a slow resolver. */
function checkReceived({ bodyStream }: PacketronRequest, { streamLimit }: PacketronRoute): boolean {
  if (bodyStream === null || bodyStream.received <= streamLimit) return false;
  bodyStream.refuse(streamLimit);
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
    refuse(response, typeError(route, head.contentType));
    return true;
  }
  const error = headError(head, route, parser);
  if (error === null) return false;
  // RFC 9110 section 15.5.16: Accept-Encoding in a 415 says that the coding was the reason, and names the accepted
  // ones.
  if (error.code === "PKT_BODY_CODING") refuse(response, error, { "Accept-Encoding": acceptedCodings });
  else refuse(response, error, undefined, { limit: limitFor(route, parser) });
  return true;
}

/**
 * Reads the body, and refuses the request if the body is not valid. Rejects when the body cannot be read to its end;
 * core then answers with the status of that error, unless the client has disconnected.
 */
async function rejectInvalid(request: PacketronRequest, response: PacketronResponse): Promise<boolean> {
  await request.getBody();
  const error = await request.getBodyError();
  if (error === null) return false;
  const isCoded = isPacketronError(error) && error.status !== undefined;
  refuse(
    response,
    isCoded ? error : coreError("PKT_BODY_INVALID", { parser: "core", reason: error.message }, error),
  );
  return true;
}
