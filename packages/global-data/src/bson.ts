/** The BSON library, loaded with the first value: 8 MB of memory that a server without global data does not spend. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Found now: where it is not installed, the program ends at its start, not with the first value. */
const path = require.resolve("bson");

let library: typeof import("bson") | undefined;

/** The library; everything of it comes from here, so that there is one of each of its classes. */
export function bson(): typeof import("bson") {
  library ??= loadLibrary();
  return library;
}

function loadLibrary(): typeof import("bson") {
  return require(path);
}
