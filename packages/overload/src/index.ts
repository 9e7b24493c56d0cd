/**
 * The public names of @packetron/overload.
 *
 * @module
 */
export { type OverloadErrorCode, overloadErrorCodes } from "./errors.ts";
export { overload } from "./overload.ts";
export type { OverloadOptions } from "./options.ts";
