/** Who reads a body: the parsers of the route, the media type and the content codings of the request decide. */
import type { BodyParser } from "../capability/body-parser.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import { coreError, type PacketronError } from "../errors/errors.ts";
import { acceptedCodings, codedLimit } from "../http/content-coding.ts";
import { matchScore, parseMediaType } from "../http/media-type.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { BodyHead } from "./head.ts";

/** Whether core reads bodies for a route: it has a body bit, or RAW_BODY alone, and not DONT_USE_BODY. */
export function readsBodies(route: PacketronRoute): boolean {
  if ((route.flags & PacketronHandlerFlags.DONT_USE_BODY) !== 0) return false;
  return route.bodyParsers.length > 0 || (route.flags & PacketronHandlerFlags.RAW_BODY) !== 0;
}

/**
 * The parser for a request; `null` where the route has none (RAW_BODY alone), `undefined` where none of them reads what
 * the client sends. A single parser is not asked about the media type, unless it insists: its bit was set for
 * this route, and the client cannot switch it. Several are: the closest match wins, of equal ones the first.
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

/** Whether the parsers of a route stand for more than one body bit. */
export function hasSeveralBits(route: PacketronRoute): boolean {
  return route.bodyParsers.some((parser) => parser.flag !== route.bodyParsers[0]?.flag);
}

/** The error of a body that none of the route's parsers reads. */
export function typeError(route: PacketronRoute, contentType: string | undefined): PacketronError {
  const expected = route.bodyParsers.flatMap((parser) => parser.mediaTypes).join(", ");
  return coreError("PKT_BODY_TYPE", { received: contentType ?? "none", expected });
}

/** The cap of a body without its codings; parsers that take a stream are not held to the default cap of buffered bodies. */
export function limitFor(route: PacketronRoute, parser: BodyParser | null | undefined): number {
  return parser?.form === "stream" ? route.streamLimit : route.bodyLimit;
}

/**
 * Whether a body can be taken in at all, by the request's headers: its content codings must be known and its declared
 * length within the cap.
 *
 * @returns PKT_BODY_CODING, PKT_BODY_TOO_LARGE, or `null` when nothing speaks against it.
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
