/**
 * Modules of Node, not by an import: that makes Node read every export of a module, and some exports load others.
 * Each figure is resident memory that a program which starts and serves does not spend, Node 24.
 */

/** `fs.promises` loads the asynchronous half of the file system: 1.2 MB. */
export const fs: typeof import("node:fs") = process.getBuiltinModule("node:fs");

/** `util.MIMEType`, `util.parseArgs` and others load their own modules: 1.3 MB. */
export const util: typeof import("node:util") = process.getBuiltinModule("node:util");

/** Loaded when it is called, with all of its algorithms: 2.3 MB. */
export function loadCrypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}

/** Whether a debugger may hold this process. Loads `node:inspector` when it is called, in processes of a cluster: 0.8 MB. */
export function isDebugged(): boolean {
  return process.getBuiltinModule("node:inspector").url() !== undefined;
}

/** Loaded when it is called, in workers: 0.5 MB. */
export function loadPerformanceHooks(): typeof import("node:perf_hooks") {
  return process.getBuiltinModule("node:perf_hooks");
}
