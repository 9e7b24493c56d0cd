/** Parses Accept (RFC 9110 section 12.5.1) to find out whether a client wants a page. */
import { parseQuality } from "./accept-encoding.ts";

/**
 * Whether a request may be answered with the page of an application. A client that names HTML gets it for any path:
 * browsers do so when they navigate. A client that accepts any type gets it only for a path without an extension.
 * Browsers request scripts, styles and images in this way, and HTML in their place causes errors that are hard to
 * find.
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
 * Returns the quality of each listed type. Ignores parameters other than `q`, and elements with a malformed quality.
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
