/** The Accept field, RFC 9110 section 12.5.1: whether a client wants a page. */
import { parseQuality } from "./accept-encoding.ts";

/**
 * Whether a request is answered with the page of an application. One that names HTML gets it for any path, as browsers do
 * when they go somewhere; one that takes any type gets it only where the path has no extension, because scripts, styles and
 * pictures are asked for in this way, and HTML in their place is an error that is hard to find.
 *
 * @param field The Accept field; without one any type is taken.
 */
export function wantsPage(method: string | undefined, path: string, field: string | undefined): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const qualities = parseTypes(field ?? "*/*");
  const named = qualities.get("text/html") ?? qualities.get("text/*");
  if (named !== undefined) return named > 0;
  return (qualities.get("*/*") ?? 0) > 0 && !/\.[^/]*$/.test(path);
}

/** The quality of each type that is listed; parameters but for `q` count nothing, a malformed quality is left out. */
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
