/** Loads busboy for the first form: a server without forms saves 5 MB of memory. */
import { createRequire } from "node:module";
import type { Busboy, BusboyConfig } from "busboy";

const require = createRequire(import.meta.url);

/** Resolved at import: if busboy is not installed, the start of the program fails, not the first form. */
const path = require.resolve("busboy");

let create: ((config: BusboyConfig) => Busboy) | undefined;

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
  return require(path);
}
