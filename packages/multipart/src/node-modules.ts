/**
 * Node modules without an `import`: with one, Node reads every export of a module, and some exports load other modules.
 * Each figure is resident memory that a server without forms saves, with Node 24.
 */

/** `node:fs`. Its export `promises` loads the asynchronous half of the file system: 1.2 MB. */
export const fs: typeof import("node:fs") = process.getBuiltinModule("node:fs");

/** `node:util`. Its exports `MIMEType`, `parseArgs` and others load modules of their own: 1.3 MB. */
export const util: typeof import("node:util") = process.getBuiltinModule("node:util");

/** Loads `node:crypto` at the first call, with all of its algorithms: 2.3 MB. */
export function loadCrypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}
