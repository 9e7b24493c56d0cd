/** Reads Accept-Encoding (RFC 9110 section 12.5.3), and the weights in Accept fields. */

/**
 * The quality, from 0 to 1, of each content coding that an Accept-Encoding field lists, by lower-case name; `*` and
 * `identity` are such names. The client refuses a coding of quality 0. Malformed elements of the list are ignored.
 *
 * @example
 * codingQualities("br, gzip;q=0.5, *;q=0"); // br → 1, gzip → 0.5, * → 0
 */
export function codingQualities(field: string): ReadonlyMap<string, number> {
  const qualities = new Map<string, number>();
  for (const element of field.split(",")) {
    const [coding = "", parameter] = element.split(";");
    const name = coding.trim().toLowerCase();
    const quality = parameter === undefined ? 1 : parseQuality(parameter.trim());
    // RFC 9110 section 8.4.1.3: x-gzip means gzip
    if (name !== "" && quality !== null) qualities.set(name === "x-gzip" ? "gzip" : name, quality);
  }
  return qualities;
}

/**
 * Parses a `q` parameter (RFC 9110 section 12.4.2); `null` when it is malformed.
 *
 * @example
 * parseQuality("q=0.5"); // 0.5
 */
export function parseQuality(parameter: string): number | null {
  const match = /^q[\t ]*=[\t ]*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.exec(parameter);
  return match === null ? null : Number(match[1]);
}
