/** Loads the BSON library at the first value: a server without global data saves 8 MB of memory. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Resolved at import: if bson is not installed, the start of the program fails, not the first value. */
const path = require.resolve("bson");

let library: typeof import("bson") | undefined;

/** Returns the BSON library. All code must use this function: `instanceof` needs each class of BSON to exist once. */
export function bson(): typeof import("bson") {
  library ??= loadLibrary();
  return library;
}

function loadLibrary(): typeof import("bson") {
  return require(path);
}
