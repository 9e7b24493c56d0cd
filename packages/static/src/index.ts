/**
 * The public names of @packetron/static.
 *
 * @module
 */
export { staticFiles } from "./static-files.ts";
export type {
  CacheControl,
  SendFileOptions,
  ServeFileOptions,
  ServeOptions,
  ServingOptions,
  SetHeaders,
  StaticFilesOptions,
  UnserveOptions,
} from "./options.ts";
export { PacketronConstants } from "./mime-types.ts";
export { type StaticErrorCode, staticErrorCodes } from "./errors.ts";
