/** Loads fast-xml-parser for the first document: a server that gets no XML saves its 4 MB of memory. */
import { createRequire } from "node:module";

/** Not at import: Node needs a millisecond to find a package, also in servers that get no XML. */
let path: string | undefined;

/**
 * Finds fast-xml-parser, without loading it.
 *
 * @throws Error when it is not installed.
 */
export function findXmlLibrary(): string {
  path ??= createRequire(import.meta.url).resolve("fast-xml-parser");
  return path;
}

/** Loads fast-xml-parser; Node caches the module, so later calls cost a look-up. */
export function loadXmlLibrary(): typeof import("fast-xml-parser") {
  return createRequire(import.meta.url)(findXmlLibrary());
}
