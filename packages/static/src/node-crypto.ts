/** Loads `node:crypto` (2.3 MB of memory) at the first call, for strong ETags and for answers with several ranges. */
export function loadCrypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}
