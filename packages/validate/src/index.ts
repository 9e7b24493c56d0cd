/**
 * The public names of @packetron/validate.
 *
 * @module
 */
export {
  isValidationError,
  type ValidateErrorCode,
  type ValidationError,
  type ValidationIssue,
  validateErrorCodes,
} from "./errors.ts";
export type { InputOf, OutputOf, StandardSchema } from "./standard-schema.ts";
export type { RequestPart, RouteSchema, ValidOf } from "./types.ts";
export { validate } from "./validate.ts";
