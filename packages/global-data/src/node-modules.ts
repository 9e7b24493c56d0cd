/**
 * Modules of Node, not by an import: that makes Node read every export of a module, and some exports load others.
 * Each figure is resident memory that a server without global data does not spend, Node 24.
 */

/** `fs.promises` loads the asynchronous half of the file system: 1.2 MB. */
export const fs: typeof import("node:fs") = process.getBuiltinModule("node:fs");

/** Of `node:fs`. */
export const constants: typeof fs.constants = fs.constants;

/** Loaded when it is called, with all of its algorithms: 2.3 MB. */
export function loadCrypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}

/** Loaded when it is called: 0.4 MB. */
export function loadZlib(): typeof import("node:zlib") {
  return process.getBuiltinModule("node:zlib");
}
