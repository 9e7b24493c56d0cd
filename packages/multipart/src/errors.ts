/**
 * The errors of this package in one table: the code (stable for ever), the sentence, and the status a client gets.
 * Besides these there are core's: PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN, PKT_BODY_INVALID and PKT_BODY_TYPE.
 */
import { defineErrors, type ErrorFactory, type PacketronError } from "@packetron/core";

/** The codes of this package, each with the facts that its message is made of. */
interface MultipartErrors {
  PKT_MULTIPART_ABANDONED: undefined;
  PKT_MULTIPART_LIMIT: { limit: string; maximum: number; field: string };
  PKT_MULTIPART_ON_FILE: { field: string; reason: string };
  PKT_MULTIPART_STORAGE: { directory: string; reason: string };
  PKT_MULTIPART_STORAGE_FULL: { directory: string; reason: string };
}

/** The codes of this package. */
export type MultipartErrorCode = keyof MultipartErrors;

/** Makes one of the errors. */
export const multipartError: ErrorFactory<MultipartErrors> = defineErrors<MultipartErrors>({
  PKT_MULTIPART_ABANDONED: {
    // As PKT_BODY_ABORTED: no failure of the server. An error that had failed the request is reported by itself.
    status: 400,
    message:
      "The form was not read to its end: the client left, or the request had been refused or had failed.",
  },
  PKT_MULTIPART_LIMIT: {
    status: 413,
    message: (f) =>
      `The form goes over ${f.limit} (${f.maximum}) at the field ${f.field}. Raise it in multipartOptions if such forms are wanted.`,
  },
  PKT_MULTIPART_ON_FILE: {
    status: 500,
    message: (f) => `onFile failed for the field ${f.field}: ${f.reason}`,
  },
  PKT_MULTIPART_STORAGE: {
    status: 500,
    message: (f) => `An upload cannot be stored in ${f.directory}: ${f.reason}`,
  },
  PKT_MULTIPART_STORAGE_FULL: {
    status: 507,
    message: (f) =>
      `An upload cannot be stored in ${f.directory}, because there is no space left: ${f.reason}`,
  },
});

/** All codes of this package, for docs and tests. */
export const multipartErrorCodes: readonly MultipartErrorCode[] = multipartError.codes;

/** The error of a file that cannot be stored. RFC 4918 section 11.5: 507 is for a disk or a quota that is full. */
export function storageError(directory: string, cause: unknown): PacketronError {
  const full = ["ENOSPC", "EDQUOT"].includes(codeOf(cause));
  const reason = cause instanceof Error ? cause.message : String(cause);
  return multipartError(
    full ? "PKT_MULTIPART_STORAGE_FULL" : "PKT_MULTIPART_STORAGE",
    { directory, reason },
    cause,
  );
}

/** The code of the operating system, `""` for an error that has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
