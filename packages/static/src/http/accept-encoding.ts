/** The Accept-Encoding field, RFC 9110 section 12.5.3. */

/** What a client thinks of an unlisted identity: it takes it, but likes everything that it lists better. */
const UNLISTED_IDENTITY = 0.0001;

/** Something that can be sent, in its content coding; `null` is none. */
export interface Encoded {
  readonly encoding: string | null;
  /** In bytes. */
  readonly size: number;
}

/**
 * What a client likes best: the highest quality, among equals the fewest bytes. It gets the plain form when it says
 * nothing, and when it accepts none of the forms there are (section 12.5.3 advises so).
 */
export function chooseEncoding<Form extends Encoded>(
  field: string | undefined,
  plain: Form,
  encoded: readonly Form[],
): Form {
  if (field === undefined || encoded.length === 0) return plain;
  const qualities = parseQualities(field);
  const others = qualities.get("*");
  let best = plain;
  let quality = qualities.get("identity") ?? others ?? UNLISTED_IDENTITY;
  for (const form of encoded) {
    const wanted = qualities.get(form.encoding ?? "identity") ?? others ?? 0;
    if (wanted === 0 || wanted < quality || (wanted === quality && form.size >= best.size)) continue;
    best = form;
    quality = wanted;
  }
  return best;
}

/** The quality of each coding that is listed; a malformed element is left out. */
function parseQualities(field: string): Map<string, number> {
  const qualities = new Map<string, number>();
  for (const element of field.split(",")) {
    const [coding = "", parameter] = element.split(";");
    const name = coding.trim().toLowerCase();
    const quality = parameter === undefined ? 1 : parseQuality(parameter.trim());
    // RFC 9110 section 8.4.1.3: x-gzip is gzip
    if (name !== "" && quality !== null) qualities.set(name === "x-gzip" ? "gzip" : name, quality);
  }
  return qualities;
}

/** The value of a `q` parameter, RFC 9110 section 12.4.2; `null` when it is malformed. */
export function parseQuality(parameter: string): number | null {
  const match = /^q[\t ]*=[\t ]*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.exec(parameter);
  return match === null ? null : Number(match[1]);
}
