/** Which media type a file has, by the extension of its name. */
import otherTypes from "mime/types/other.js";
import standardTypes from "mime/types/standard.js";

/**
 * Constants of the house. `_mimeTypes` is the table that decides the `Content-Type` of a file: extension in lower case
 * with its dot, then media type. It may be changed while the server runs; every file follows within a second.
 *
 * @example
 * PacketronConstants._mimeTypes[".gltf"] = "model/gltf+json";
 */
export const PacketronConstants: { readonly _mimeTypes: Record<string, string> } = Object.freeze({
  get _mimeTypes() {
    mimeTypes ??= readMimeTypes();
    return mimeTypes;
  },
});

/** Made for whoever asks first: more than a thousand entries, of no use to a server without files. */
let mimeTypes: Record<string, string> | undefined;

/** What a file is when its extension says nothing: a browser saves it instead of guessing. */
const UNKNOWN = "application/octet-stream";

/**
 * The `Content-Type` of a file: text types, JSON and JavaScript with `charset=utf-8`, unless the table names parameters
 * of its own. XML says its encoding by itself.
 *
 * @param name A file name or a path; only what follows the last dot counts.
 */
export function contentTypeOf(name: string): string {
  const dot = name.lastIndexOf(".");
  const extension = dot === -1 ? "" : name.slice(dot).toLowerCase();
  const type: unknown = PacketronConstants._mimeTypes[extension];
  // The table is everybody's: a wrong entry must not become a broken header.
  if (typeof type !== "string" || !/^[\x21-\x7e][\x20-\x7e]*$/.test(type)) return UNKNOWN;
  return /^(?:text\/(?!xml)[^;]*|application\/(?:json|javascript))$/i.test(type)
    ? `${type}; charset=utf-8`
    : type;
}

/** Registered types win over the others, and a type that has an extension first over those that share it (`*ext`). */
function readMimeTypes(): Record<string, string> {
  const types: Record<string, string> = Object.create(null);
  for (const [type, extensions] of [...Object.entries(otherTypes), ...Object.entries(standardTypes)]) {
    for (const extension of extensions) if (!extension.startsWith("*")) types[`.${extension}`] = type;
  }
  return types;
}
