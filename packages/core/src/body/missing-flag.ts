/** Warns of routes whose handler reads a body that the flags of the route do not ask for. */
import { PacketronHandlerFlags } from "../config/flags.ts";
import { matchScore, parseMediaType } from "../http/media-type.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronRoute } from "../routing/route.ts";

/** The accessors of a body. */
export type BodyAccessor = "getBody" | "getFiles" | "getRawBody" | "getBodyError";

/** The flag that reads a media type; the first match is used. */
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
  const flag = accessor === "getRawBody" ? "RAW_BODY" : flagFor(contentType);
  request.server.log.warn(
    { route: String(route) },
    `${accessor}() gave no body on ${route}: the route has no body flag, so it needs PacketronHandlerFlags.` +
      (flag ?? "JSON_BODY, another body flag, or RAW_BODY for the bytes"),
  );
}

function flagFor(contentType: string | undefined): string | undefined {
  const type = parseMediaType(contentType)?.type;
  if (type === undefined) return undefined;
  return FLAGS.find(([pattern]) => matchScore(pattern, type) > 0)?.[1];
}
