/**
 * Modules of Node, loaded without an import statement. An import makes Node read every export of a module, and some
 * exports load further modules. The figure at each module is the resident memory that a serving program saves this way
 * (Node 24).
 */
import { loadBuiltin } from "./builtin.ts";

/** Node's `fs`. An import would read `fs.promises`, which loads the asynchronous half of the file system: 1.2 MB. */
export const fs: typeof import("node:fs") = loadBuiltin("node:fs");

/**
 * Node's `util`. An import would read `util.MIMEType`, `util.parseArgs` and other exports that load modules: 1.3 MB.
 */
export const util: typeof import("node:util") = loadBuiltin("node:util");

/** Returns Node's `crypto`. The first call loads the module with all of its algorithms: 2.3 MB. */
export function loadCrypto(): typeof import("node:crypto") {
  return loadBuiltin("node:crypto");
}

/**
 * Whether a debugger may pause this process. The first call loads Node's `inspector`: 0.8 MB, only in programs with
 * workers.
 */
export function isDebugged(): boolean {
  return loadBuiltin("node:inspector").url() !== undefined;
}

/** Returns Node's `perf_hooks`. The first call, which only worker processes make, loads the module: 0.5 MB. */
export function loadPerformanceHooks(): typeof import("node:perf_hooks") {
  return loadBuiltin("node:perf_hooks");
}
