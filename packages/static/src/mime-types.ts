/** Finds the media type of a file by the extension of its name. */
import { createRequire } from "node:module";

/**
 * Constants of Packetron. `_mimeTypes` maps file extensions to the `Content-Type` of files. A key is an extension in
 * lower case with its dot. A program may change the table while the server runs: with the default of
 * `revalidateAfter`, all files have the new type within a second.
 *
 * @example
 * PacketronConstants._mimeTypes[".gltf"] = "model/gltf+json";
 */
export const PacketronConstants: { readonly _mimeTypes: Record<string, string> } = Object.freeze({
  get _mimeTypes() {
    return loadMimeTypes();
  },
});

/**
 * The table of media types, created at its first use: a server without files saves its thousand entries, and the two
 * modules that they come from.
 */
let mimeTypes: Record<string, string> | undefined;

/** Makes the table, unless it is made: `serve()` and `serveFile()` do, so that no request waits for it. */
export function loadMimeTypes(): Record<string, string> {
  mimeTypes ??= readMimeTypes();
  return mimeTypes;
}

/** The type of a file with an unknown extension: browsers save such a file, and do not guess its type. */
const UNKNOWN = "application/octet-stream";

/**
 * Returns the `Content-Type` of a file. Text types, JSON and JavaScript get `charset=utf-8`, unless their entry in
 * the table has parameters. XML has no charset, because an XML document declares its encoding itself.
 *
 * @param name A file name or a path. Only the extension after its last dot is used.
 */
export function contentTypeOf(name: string): string {
  const dot = name.lastIndexOf(".");
  const extension = dot === -1 ? "" : name.slice(dot).toLowerCase();
  const type: unknown = PacketronConstants._mimeTypes[extension];
  // Any code can change the table: a wrong entry must not become a malformed header.
  if (typeof type !== "string" || !/^[\x21-\x7e][\x20-\x7e]*$/.test(type)) return UNKNOWN;
  return /^(?:text\/(?!xml)[^;]*|application\/(?:json|javascript))$/i.test(type)
    ? `${type}; charset=utf-8`
    : type;
}

/**
 * Reads the tables of the package `mime`. If two types have the same extension, the registered type is used. `mime`
 * marks an extension with `*` if another type is preferred for the extension; these entries are left out.
 */
function readMimeTypes(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const other: typeof import("mime/types/other.js") = require("mime/types/other.js");
  const standard: typeof import("mime/types/standard.js") = require("mime/types/standard.js");
  const types: Record<string, string> = Object.create(null);
  for (const [type, extensions] of [...Object.entries(other.default), ...Object.entries(standard.default)]) {
    for (const extension of extensions) if (!extension.startsWith("*")) types[`.${extension}`] = type;
  }
  return types;
}
