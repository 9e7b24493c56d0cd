/** Loads the BSON library at the first value: a server without global data saves 8 MB of memory. */
import { createRequire } from "node:module";

let library: typeof import("bson") | undefined;

/** Returns the BSON library. All code must use this function: `instanceof` needs each class of BSON to exist once. */
export function bson(): typeof import("bson") {
  library ??= loadLibrary();
  return library;
}

function loadLibrary(): typeof import("bson") {
  // Not found at import: Node needs a millisecond to find a package, also in servers without global data.
  return createRequire(import.meta.url)("bson");
}
