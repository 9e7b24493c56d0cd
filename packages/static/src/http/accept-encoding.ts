/** Chooses the content coding of an answer by Accept-Encoding (RFC 9110 section 12.5.3). */
import { codingQualities } from "@packetron/core/capability";

/** The quality of `identity` (no coding) if the client does not list `identity`: lower than every listed quality. */
const UNLISTED_IDENTITY = 0.0001;

/** One form of a file that can be sent: the plain file, or a compressed copy. */
export interface Encoded {
  /** The content coding, such as `"gzip"`; `null` for the plain file. */
  readonly encoding: string | null;
  /** The size of this form in bytes. */
  readonly size: number;
}

/**
 * Chooses the form of a file with the highest quality for the client. Of several forms with the same quality, the
 * smallest is chosen. The plain form is chosen when the client sends no Accept-Encoding, and when the client accepts no
 * form at all (advice of RFC 9110 section 12.5.3).
 */
export function chooseEncoding<Form extends Encoded>(
  field: string | undefined,
  plain: Form,
  encoded: readonly Form[],
): Form {
  if (field === undefined || encoded.length === 0) return plain;
  const qualities = codingQualities(field);
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
