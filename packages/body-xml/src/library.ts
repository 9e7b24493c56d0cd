/** Loads fast-xml-parser for the first document: a server that gets no XML saves its 4 MB of memory. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The path of fast-xml-parser, resolved at startup: a missing installation fails the start, not the first request. */
const path = require.resolve("fast-xml-parser");

/** Loads fast-xml-parser; Node caches the module, so later calls cost a look-up. */
export function loadXmlLibrary(): typeof import("fast-xml-parser") {
  return require(path);
}
