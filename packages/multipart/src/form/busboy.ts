/** The form parser, loaded for the first form: 5 MB of memory that a server without forms does not spend. */
import { createRequire } from "node:module";
import type { Busboy, BusboyConfig } from "busboy";

const require = createRequire(import.meta.url);

/** Found now: where it is not installed, the program ends at its start, not with the first form. */
const path = require.resolve("busboy");

let create: ((config: BusboyConfig) => Busboy) | undefined;

/**
 * Makes the parser of one form.
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
