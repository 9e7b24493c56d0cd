/**
 * Node modules without an `import`: with one, Node reads every export of a module, and some exports load other modules.
 * Each figure is resident memory that a server without global data saves, with Node 24.
 */

/** `node:fs`. Its export `promises` loads the asynchronous half of the file system: 1.2 MB. */
export const fs: typeof import("node:fs") = process.getBuiltinModule("node:fs");

/** The constants of `node:fs`. */
export const constants: typeof fs.constants = fs.constants;

/** Loads `node:crypto` at the first call, with all of its algorithms: 2.3 MB. */
export function loadCrypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}

/** Loads `node:zlib` at the first call: 0.4 MB. */
export function loadZlib(): typeof import("node:zlib") {
  return process.getBuiltinModule("node:zlib");
}
