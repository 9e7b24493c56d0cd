/**
 * The errors of this package in one table: the stable code, the message, and the status that the client gets when the
 * error belongs to its request. Wrong options have core's code PKT_OPTION_INVALID.
 */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The error codes of this package, each with the facts in its message. */
interface StaticErrors {
  PKT_STATIC_DIRECTORY: { path: string; reason: string };
  PKT_STATIC_FILE: { path: string; reason: string };
  PKT_STATIC_FALLBACK: { path: string; reason: string };
  PKT_STATIC_NOT_FOUND: { call: string; path: string };
  PKT_STATIC_PRECONDITION: { path: string };
  PKT_STATIC_RANGE: { path: string; range: string; size: number };
  PKT_STATIC_READ: { path: string; reason: string };
}

/** An error code of @packetron/static. */
export type StaticErrorCode = keyof StaticErrors;

/** Creates an error of this package. */
export const staticError: ErrorFactory<StaticErrors> = defineErrors<StaticErrors>({
  PKT_STATIC_DIRECTORY: {
    message: (f) =>
      `serve() cannot serve the directory ${f.path}: ${f.reason}. Relative paths start at the working directory.`,
  },
  PKT_STATIC_FILE: {
    message: (f) =>
      `serveFile() cannot serve the file ${f.path}: ${f.reason}. Relative paths start at the working directory.`,
  },
  PKT_STATIC_FALLBACK: {
    message: (f) =>
      `serve() cannot fall back to the file ${f.path}: ${f.reason}. The option fallback is relative to the directory.`,
  },
  PKT_STATIC_NOT_FOUND: {
    status: 404,
    message: (f) => `${f.call} found no readable file at ${f.path}.`,
  },
  PKT_STATIC_PRECONDITION: {
    status: 412,
    message: (f) =>
      `${f.path} is not the version that the client demands with If-Match or If-Unmodified-Since.`,
  },
  PKT_STATIC_RANGE: {
    status: 416,
    message: (f) =>
      `${f.path} has ${f.size} bytes, none of them in the range that the client demands: ${f.range}.`,
  },
  PKT_STATIC_READ: {
    status: 500,
    message: (f) => `Reading ${f.path} failed: ${f.reason}.`,
  },
});

/** All error codes of @packetron/static. */
export const staticErrorCodes: readonly StaticErrorCode[] = staticError.codes;
