/** Node's crypto module, loaded when it is called: 2.3 MB, for tags of cached files and for answers of several parts. */
export function loadCrypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}
