/** Warns of routes whose handler reads a body that the flags of the route do not ask for. */
import { flagObjects, PacketronHandlerFlags } from "../config/flags.ts";
import { matchScore, parseMediaType } from "../http/media-type.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { Packetron } from "../server/packetron.ts";

/** The accessors of a body. */
export type BodyAccessor = "getBody" | "getFiles" | "getRawBody" | "getBodyError";

/** The flags of {@link PacketronHandlerFlags} by the media type that they read; the first match is used. */
const FLAGS: readonly (readonly [mediaType: string, flag: keyof typeof PacketronHandlerFlags])[] = [
  ["application/json", "JSON_BODY"],
  ["*+json", "JSON_BODY"],
  ["text/json", "JSON_BODY"],
  ["application/x-www-form-urlencoded", "FORM_DATA"],
  ["multipart/form-data", "MULTIPART_FORM_DATA"],
  ["application/xml", "XML_BODY"],
  ["text/xml", "XML_BODY"],
  ["*+xml", "XML_BODY"],
  ["text/*", "PLAIN_TEXT_BODY"],
];

const FAMILY = flagObjects.handler;

const warned = new WeakSet<PacketronRoute>();

/**
 * Warns once a route that an accessor gives no body, because the route has no body flag although the request has a
 * body. The warning names the flag for the type of that body. DONT_USE_BODY says that the route wants no body.
 */
export function warnMissingFlag(
  request: PacketronRequest,
  route: PacketronRoute,
  accessor: BodyAccessor,
): void {
  if ((route.flags & PacketronHandlerFlags.DONT_USE_BODY) !== 0 || warned.has(route)) return;
  const { isAnnounced, contentType } = request.bodyHead;
  if (!isAnnounced) return;
  warned.add(route);
  const type = accessor === "getRawBody" ? undefined : parseMediaType(contentType)?.type;
  const flag = accessor === "getRawBody" ? `${FAMILY}.RAW_BODY` : type && flagFor(type, request.server);
  request.server.log.warn(
    { route: String(route) },
    `${accessor}() gave no body on ${route}: the route has no body flag, so it needs ` +
      (flag ?? `${FAMILY}.JSON_BODY, another body flag, or RAW_BODY for the bytes`),
  );
}

/** The flag that reads a media type: of a parser with a flag of its own that the server has, else one of core's. */
function flagFor(type: string, server: Packetron): string | undefined {
  const own = server.answerTarget.registry.ownBodyParsers();
  const parser = own.find(({ mediaTypes }) => mediaTypes.some((pattern) => matchScore(pattern, type) > 0));
  if (parser !== undefined) return parser.name;
  const known = FLAGS.find(([pattern]) => matchScore(pattern, type) > 0);
  return known && `${FAMILY}.${known[1]}`;
}
