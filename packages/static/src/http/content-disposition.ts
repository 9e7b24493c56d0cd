/** Creates the Content-Disposition of a download (RFC 6266), with names outside ASCII encoded as in RFC 8187. */

/** The name of a download whose own name is empty or unusable, such as `..`. */
const NAMELESS = "download";

/**
 * Returns a Content-Disposition with `attachment` and the name under which the client saves the file. Any text is safe
 * as the name: folders before the name and control characters are removed, and quotes are escaped. A name with
 * characters outside ASCII is also sent as `filename*`. Clients that do not know `filename*` use `filename`, in which
 * `_` replaces these characters.
 *
 * @example
 * contentDisposition("résumé.pdf"); // attachment; filename="r_sum_.pdf"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf
 */
export function contentDisposition(name: string): string {
  const clean = cleanName(name);
  const plain = clean.replace(/[^\x20-\x7e]/gu, "_");
  // RFC 6266 appendix D: some browsers decode percent-encoded characters in `filename`.
  const ambiguous = plain !== clean || /%[0-9A-Fa-f]{2}/.test(plain);
  const quoted = `attachment; filename="${plain.replace(/["\\]/g, "\\$&")}"`;
  return ambiguous ? `${quoted}; filename*=UTF-8''${encodeExtended(clean)}` : quoted;
}

function cleanName(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  // A lone surrogate cannot be encoded in UTF-8. The conversion to bytes and back replaces it by U+FFFD.
  const text = Buffer.from(last)
    .toString()
    .replace(/\p{Cc}/gu, "")
    .trim();
  return text === "" || text === "." || text === ".." ? NAMELESS : text;
}

/**
 * Encodes a name for `filename*` (RFC 8187 section 3.2.1). There `'`, `(`, `)` and `*` must be escaped, but
 * `encodeURIComponent()` does not escape them.
 */
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
