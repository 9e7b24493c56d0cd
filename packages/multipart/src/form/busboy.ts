/** Loads busboy for the first form: a server without forms saves 5 MB of memory. */
import { createRequire } from "node:module";
import type { Busboy, BusboyConfig } from "busboy";

/** Not at import: Node needs a millisecond to find a package, also in servers without forms. */
let path: string | undefined;

let create: ((config: BusboyConfig) => Busboy) | undefined;

/**
 * Finds busboy, without loading it.
 *
 * @throws Error when it is not installed.
 */
export function findBusboy(): string {
  path ??= createRequire(import.meta.url).resolve("busboy");
  return path;
}

/**
 * Creates the parser of one form.
 *
 * @throws Error when the Content-Type has no usable boundary.
 */
export function createBusboy(config: BusboyConfig): Busboy {
  create ??= loadBusboy();
  return create(config);
}

function loadBusboy(): typeof import("busboy") {
  return createRequire(import.meta.url)(findBusboy());
}
