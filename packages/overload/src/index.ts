/**
 * The public names of @packetron/overload.
 *
 * @module
 */
export { overload } from "./overload.ts";
export type { OverloadOptions } from "./options.ts";
