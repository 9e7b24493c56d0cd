/** Chooses the parser of a body by the route, the media type and the content codings of the request. */
import type { BodyParser } from "../capability/body-parser.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import { coreError, type PacketronError } from "../errors/errors.ts";
import { acceptedCodings, codedLimit } from "../http/content-coding.ts";
import { matchScore, parseMediaType } from "../http/media-type.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { BodyHead } from "./head.ts";

/** Whether core reads bodies for a route: the route has a body flag or RAW_BODY, and not DONT_USE_BODY. */
export function readsBodies(route: PacketronRoute): boolean {
  if ((route.flags & PacketronHandlerFlags.DONT_USE_BODY) !== 0) return false;
  return route.bodyParsers.length > 0 || (route.flags & PacketronHandlerFlags.RAW_BODY) !== 0;
}

/**
 * Chooses the parser for a request. A single parser gets every media type, unless it sets `requireMediaType`: the route
 * asked for this parser, and a client must not be able to switch it off. Of several parsers the closest match of the
 * media type wins, and of equal matches the first.
 *
 * @returns `null` when the route has no parser (RAW_BODY alone); `undefined` when none of its parsers reads the media
 *   type.
 */
export function chooseParser(
  route: PacketronRoute,
  contentType: string | undefined,
): BodyParser | null | undefined {
  const parsers = route.bodyParsers;
  const [first] = parsers;
  if (first === undefined) return null;
  if (parsers.length === 1 && first.requireMediaType !== true) return first;
  const type = parseMediaType(contentType)?.type;
  if (type === undefined) return undefined;
  let chosen: BodyParser | undefined;
  let best = 0;
  for (const parser of parsers) {
    for (const pattern of parser.mediaTypes) {
      const score = matchScore(pattern, type);
      if (score > best) {
        best = score;
        chosen = parser;
      }
    }
  }
  return chosen;
}

/** Whether the parsers of a route belong to more than one body flag. */
export function hasSeveralBits(route: PacketronRoute): boolean {
  return route.bodyParsers.some((parser) => parser.flag !== route.bodyParsers[0]?.flag);
}

/** Makes PKT_BODY_TYPE, the error of a body that none of the route's parsers reads. */
export function typeError(route: PacketronRoute, contentType: string | undefined): PacketronError {
  const expected = route.bodyParsers.flatMap((parser) => parser.mediaTypes).join(", ");
  return coreError("PKT_BODY_TYPE", { received: contentType ?? "none", expected });
}

/** The cap of a decoded body, in bytes. The default cap of buffered bodies does not apply to a parser of streams. */
export function limitFor(route: PacketronRoute, parser: BodyParser | null | undefined): number {
  return parser?.form === "stream" ? route.streamLimit : route.bodyLimit;
}

/**
 * Checks by the head whether core can read a body: it must know the content codings, and the declared length must be
 * within the cap.
 *
 * @returns PKT_BODY_CODING, PKT_BODY_TOO_LARGE, or `null` when core can read it.
 */
export function headError(
  head: BodyHead,
  route: PacketronRoute,
  parser: BodyParser | null | undefined,
): PacketronError | null {
  const { codings, contentEncoding } = head;
  if (codings === null)
    return coreError("PKT_BODY_CODING", { received: contentEncoding, expected: acceptedCodings });
  const limit = limitFor(route, parser);
  const wireLimit = codings.length === 0 ? limit : codedLimit(limit);
  return head.length > wireLimit ? coreError("PKT_BODY_TOO_LARGE", { limit }) : null;
}
