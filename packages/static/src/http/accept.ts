/** Parses Accept (RFC 9110 section 12.5.1) to find out whether a client wants a page. */
import { parseQuality } from "@packetron/core/capability";

/**
 * Whether a request may be answered with the HTML page of a single-page application. If Accept names HTML, the answer
 * is yes for any path: browsers name HTML when they navigate. If Accept only has the wildcard for any type, the answer
 * is yes only for a path without an extension. Browsers request scripts, styles and images with the wildcard, and HTML
 * instead of a missing script causes errors that are hard to find.
 *
 * @param field The value of Accept; `undefined` means any type.
 */
export function wantsPage(method: string | undefined, path: string, field: string | undefined): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const qualities = parseTypes(field ?? "*/*");
  const named = qualities.get("text/html") ?? qualities.get("text/*");
  if (named !== undefined) return named > 0;
  return (qualities.get("*/*") ?? 0) > 0 && !/\.[^/]*$/.test(path);
}

/**
 * Returns the quality of each type that Accept lists. Parameters other than `q` are ignored, and so is an element with
 * a malformed quality.
 */
function parseTypes(field: string): Map<string, number> {
  const qualities = new Map<string, number>();
  for (const element of field.split(",")) {
    const [type = "", ...parameters] = element.split(";");
    const weight = parameters.find((parameter) => /^[\t ]*q[\t ]*=/i.test(parameter));
    const quality = weight === undefined ? 1 : parseQuality(weight.trim());
    if (quality !== null) qualities.set(type.trim().toLowerCase(), quality);
  }
  return qualities;
}
