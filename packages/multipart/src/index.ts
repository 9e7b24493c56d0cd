/**
 * The public names of @packetron/multipart.
 *
 * @module
 */
export { multipart } from "./multipart.ts";
export type { FileHook, FileInfo, MultipartLimits, MultipartOptions } from "./options.ts";
export type { CutFile, StoredFile, UploadedFile } from "./form/file-entry.ts";
export { type MultipartErrorCode, multipartErrorCodes } from "./errors.ts";
