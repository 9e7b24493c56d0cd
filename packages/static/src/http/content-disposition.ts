/** The Content-Disposition field of a download, RFC 6266, with names beyond ASCII as in RFC 8187. */

/** What a name becomes that has nothing to show. */
const NAMELESS = "download";

/**
 * `attachment` with the name that the file gets on the client's disk. Any text is safe: folders in front of the name and
 * control characters go, quotes are escaped, and what is not ASCII travels as `filename*`, with `_` in the plain form for
 * clients that do not know it.
 *
 * @example
 * contentDisposition("résumé.pdf"); // attachment; filename="r_sum_.pdf"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf
 */
export function contentDisposition(name: string): string {
  const clean = cleanName(name);
  const plain = clean.replace(/[^\x20-\x7e]/gu, "_");
  // Some browsers decode percent-codes in the plain form, RFC 6266 appendix D.
  const ambiguous = plain !== clean || /%[0-9A-Fa-f]{2}/.test(plain);
  const quoted = `attachment; filename="${plain.replace(/["\\]/g, "\\$&")}"`;
  return ambiguous ? `${quoted}; filename*=UTF-8''${encodeExtended(clean)}` : quoted;
}

function cleanName(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  // Half a surrogate pair has no UTF-8: the detour over bytes makes it U+FFFD.
  const text = Buffer.from(last)
    .toString()
    .replace(/\p{Cc}/gu, "")
    .trim();
  return text === "" || text === "." || text === ".." ? NAMELESS : text;
}

/** RFC 8187 section 3.2.1: `encodeURIComponent` leaves three characters that an ext-value must not have. */
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
