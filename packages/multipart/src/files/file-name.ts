/**
 * Creates names for files on disk. The name that the client sent is only a hint for people: no part of the client's
 * name can act as a path.
 */
import { loadCrypto } from "../node-modules.ts";

/** How many bytes of the client's name are kept: with its suffix, a name must not exceed 255 bytes on a file system. */
const MAX_BASE_BYTES = 100;

/**
 * Creates a name for a file: `avatar_a1b2c3d4_1709999999999.png` for `avatar.png`.
 *
 * Only letters, digits, `_` and `-` of the client's name are kept. That removes separators, control and bidi
 * characters, and the dots before which Windows looks for device names (`con.tar.gz`). An extension must be letters
 * and digits.
 */
export function createFileName(filename: string, now: number = Date.now()): string {
  const [, base = filename, extension = ""] = /^(.+)(\.[A-Za-z0-9]{1,16})$/s.exec(filename) ?? [];
  return `${sanitise(base)}_${loadCrypto().randomBytes(4).toString("hex")}_${now}${extension}`;
}

function sanitise(base: string): string {
  const words = base
    .slice(0, MAX_BASE_BYTES * 4) // a header line can be 16 KiB long
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}\p{M}_-]+/gu, "_")
    // A program that gets the name could read a leading dash as an option. A leading combining mark would attach to the
    // character before the name.
    .replace(/^[\p{M}_-]+|_+$/gu, "");
  return cut(words, MAX_BASE_BYTES) || "file";
}

/** Cuts a text to `maxBytes` bytes between two characters, so that the text stays valid UTF-8. */
function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  return bytes
    .subarray(0, maxBytes)
    .toString("utf8")
    .replace(/\ufffd+$/u, "");
}
