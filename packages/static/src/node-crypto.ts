/** Loads `node:crypto` at the first call, because it takes 2.3 MB. Strong tags and multipart/byteranges need it. */
export function loadCrypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}
