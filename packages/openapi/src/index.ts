/**
 * The public names of @packetron/openapi.
 *
 * @module
 */
export type { OpenapiDocument } from "./document.ts";
export { type OpenapiErrorCode, openapiErrorCodes } from "./errors.ts";
export { openapi } from "./openapi.ts";
export type { DocsOptions, JsonObject, OpenapiOptions, PageUi, ToJsonSchema } from "./options.ts";
