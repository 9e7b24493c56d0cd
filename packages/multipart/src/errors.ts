/**
 * The errors of this package in one table: the stable code, the message, and the status that the client gets. The
 * package also causes core's PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN, PKT_BODY_INVALID and PKT_BODY_TYPE.
 */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors, PacketronError } from "@packetron/core/capability";

/** The error codes of this package, each with the facts in its message. */
interface MultipartErrors {
  PKT_MULTIPART_ABANDONED: undefined;
  PKT_MULTIPART_LIMIT: { limit: string; maximum: number; field: string };
  PKT_MULTIPART_ON_FILE: { field: string; reason: string };
  PKT_MULTIPART_STORAGE: { directory: string; reason: string };
  PKT_MULTIPART_STORAGE_FULL: { directory: string; reason: string };
}

/** An error code of @packetron/multipart. */
export type MultipartErrorCode = keyof MultipartErrors;

/** Creates an error of this package. */
export const multipartError: ErrorFactory<MultipartErrors> = defineErrors<MultipartErrors>({
  PKT_MULTIPART_ABANDONED: {
    // As PKT_BODY_ABORTED: the server has not failed. An error that failed the request is reported by itself.
    status: 400,
    message:
      "The form was not read to its end, because the client disconnected, or the request was refused or failed.",
  },
  PKT_MULTIPART_LIMIT: {
    status: 413,
    message: (f) =>
      `The form exceeds ${f.limit} (${f.maximum}) at the field ${f.field}. Raise ${f.limit} in multipartOptions if such forms are wanted.`,
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
      `An upload cannot be stored in ${f.directory}, because the disk or the quota is full: ${f.reason}. Make room; the next upload tries again.`,
  },
});

/** All error codes of @packetron/multipart. */
export const multipartErrorCodes: readonly MultipartErrorCode[] = multipartError.codes;

/** Codes for descriptors or memory that other requests hold, and release later. */
const EXHAUSTED: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/**
 * Creates the error of a file that cannot be stored. RFC 4918 section 11.5: a full disk or quota is a 507. Too many
 * open files or too little memory is a 503, which says that the request may succeed later.
 */
export function storageError(directory: string, cause: unknown): PacketronError {
  const code = codeOf(cause);
  const full = code === "ENOSPC" || code === "EDQUOT";
  const reason = cause instanceof Error ? cause.message : String(cause);
  const name = full ? "PKT_MULTIPART_STORAGE_FULL" : "PKT_MULTIPART_STORAGE";
  const error = multipartError(name, { directory, reason }, cause);
  return EXHAUSTED.has(code) ? new PacketronError(error.code, error.message, { status: 503, cause }) : error;
}

/** The operating system's code of an error, such as `"ENOENT"`; `""` for an error without a code. */
export function codeOf(error: unknown): string {
  // Not instanceof: a test runner may load this module in a context of its own, where Node's errors are of another class.
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
