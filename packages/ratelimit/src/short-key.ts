/** Keys of a bounded length. A client may send a header of many kilobytes for each of its keys. */
import type { createHash } from "node:crypto";

/** The longest key that is used as it is, in UTF-16 units: up to three bytes each, beside the name of the limit. */
const MAX_LENGTH = 100;

/** Returns a key of at most 100 units: a longer one is replaced by its SHA-256, which no two keys of clients share. */
export function shortKey(key: string): string {
  return key.length <= MAX_LENGTH ? key : `sha256:${hash(key)}`;
}

let create: typeof createHash | undefined;

function hash(text: string): string {
  // Loaded at the first long key: an import would cost each start a millisecond.
  create ??= process.getBuiltinModule("node:crypto").createHash;
  return create("sha256").update(text).digest("base64url");
}
