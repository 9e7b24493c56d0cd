/** The XML library, loaded for the first document: 4 MB of memory that a server without XML routes does not spend. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Found now: where it is not installed, the program ends at its start, not with the first document. */
const path = require.resolve("fast-xml-parser");

/** Loads it. */
export function loadXmlLibrary(): typeof import("fast-xml-parser") {
  return require(path);
}
