/** The errors of the package. */
import type { ErrorFactory, PacketronError } from "@packetron/core";
import { defineErrors, isPacketronError } from "@packetron/core/capability";
import type { RequestPart } from "./types.ts";

/** One reason why a request is not valid, as the client reads it. It never has the value that arrived. */
export interface ValidationIssue {
  /** The part of the request. */
  readonly in: RequestPart;
  /** The keys that lead to the wrong value, joined with dots: `"items.0.price"`; `""` for the whole part. */
  readonly path: string;
  /** What the schema expects. */
  readonly message: string;
}

interface ValidateErrors {
  PKT_VALIDATION_FAILED: { readonly wrong: string };
  PKT_VALIDATION_RESPONSE: { readonly route: string; readonly problem: string };
}

/** A code of an error of this package. */
export type ValidateErrorCode = keyof ValidateErrors;

/** Makes an error of this package. */
export const validateError: ErrorFactory<ValidateErrors> = defineErrors<ValidateErrors>({
  PKT_VALIDATION_FAILED: {
    status: 400,
    message: ({ wrong }) =>
      `The request does not fit the schema of its route: ${wrong}. ` +
      "Correct the request, or the schema if it is too strict.",
  },
  PKT_VALIDATION_RESPONSE: {
    message: ({ route, problem }) =>
      `The answer of ${route} does not fit the schema of its response: ${problem}. ` +
      "Correct the handler, or the schema. Only development checks answers.",
  },
});

/** The codes of the errors of this package. */
export const validateErrorCodes: readonly ValidateErrorCode[] = validateError.codes;

/** A PKT_VALIDATION_FAILED with the reasons that the client gets. */
export interface ValidationError extends PacketronError {
  readonly issues: readonly ValidationIssue[];
}

/** Makes the error of a request that is not valid. */
export function validationError(issues: readonly ValidationIssue[]): ValidationError {
  return Object.assign(validateError("PKT_VALIDATION_FAILED", { wrong: describe(issues) }), { issues });
}

/**
 * Whether an error is PKT_VALIDATION_FAILED, with the reasons in `issues`.
 *
 * @example
 * server.onError((error, request, response) => {
 *   if (isValidationError(error)) response.sendJson({ wrong: error.issues.map(({ path }) => path) }); // with status 400
 * });
 */
export function isValidationError(error: unknown): error is ValidationError {
  return isPacketronError(error, "PKT_VALIDATION_FAILED") && "issues" in error && Array.isArray(error.issues);
}

function describe(issues: readonly ValidationIssue[]): string {
  return issues
    .map(({ in: part, path, message }) => `${path === "" ? part : `${part}.${path}`}: ${message}`)
    .join("; ");
}
