/** Loads helmet for the first option: a server without it saves the memory. */
import { createRequire } from "node:module";

/** Loads helmet; Node caches the module, so later calls cost a look-up. */
export function loadHelmet(): typeof import("helmet") {
  return createRequire(import.meta.url)("helmet");
}
