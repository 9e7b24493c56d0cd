/**
 * The public names of @packetron/global-data.
 *
 * @module
 */
export { type GlobalDataErrorCode, globalDataErrorCodes } from "./errors.ts";
export { type Durability, type GlobalDataOptions, globalData } from "./global-data.ts";
