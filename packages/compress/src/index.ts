/**
 * The public names of @packetron/compress.
 *
 * @module
 */
export { compress } from "./compress.ts";
export type { CompressOptions, ContentCoding } from "./options.ts";
