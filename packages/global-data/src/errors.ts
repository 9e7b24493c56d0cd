/** The errors of this package in one table: the stable code and the message. */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The error codes of this package, each with the facts in its message. */
interface GlobalDataErrors {
  PKT_GLOBAL_DATA_KEY: { expected: string; received: string };
  PKT_GLOBAL_DATA_VALUE: { what: string; where: string };
  PKT_GLOBAL_DATA_TOO_LARGE: { limit: string };
  PKT_GLOBAL_DATA_NESTED: undefined;
  PKT_GLOBAL_DATA_LOCKED: { waited: number; owner: string };
  PKT_GLOBAL_DATA_DIRECTORY: { path: string; problem: string };
  PKT_GLOBAL_DATA_UNSAFE: { path: string; problem: string };
  PKT_GLOBAL_DATA_VERSION: { path: string; received: number; expected: number };
  PKT_GLOBAL_DATA_CORRUPT: { path: string; problem: string; outcome: string };
  PKT_GLOBAL_DATA_IO: { verb: string; reason: string; outcome: string };
}

/** An error code of @packetron/global-data. */
export type GlobalDataErrorCode = keyof GlobalDataErrors;

/** Creates an error of this package. */
export const globalDataError: ErrorFactory<GlobalDataErrors> = defineErrors<GlobalDataErrors>({
  PKT_GLOBAL_DATA_KEY: {
    message: (f) => `A key of global data is a string ${f.expected}, got ${f.received}.`,
  },
  PKT_GLOBAL_DATA_VALUE: {
    message: (f) =>
      `Global data cannot hold ${f.what}${f.where}. It holds null, undefined, booleans, numbers, BigInts of 64 bits, ` +
      "strings, Dates, Buffers, Uint8Arrays, arrays and plain objects; convert the value to these.",
  },
  PKT_GLOBAL_DATA_TOO_LARGE: {
    message: (f) =>
      `Global data would exceed ${f.limit}. Every change writes the whole file: keep data of this size in a database.`,
  },
  PKT_GLOBAL_DATA_NESTED: {
    message:
      "Global data was changed inside the function of updateGlobalData(), which holds the lock. Return the new value instead.",
  },
  PKT_GLOBAL_DATA_LOCKED: {
    message: (f) =>
      `Waited ${f.waited} ms for the lock of global data; nothing was changed. Process ${f.owner} holds the lock: ` +
      "if this process hangs or is stopped, continue or end it.",
  },
  PKT_GLOBAL_DATA_DIRECTORY: {
    message: (f) => `The directory of global data, ${f.path}, cannot be used: ${f.problem}.`,
  },
  PKT_GLOBAL_DATA_UNSAFE: {
    message: (f) =>
      `The file of global data, ${f.path}, is not used: ${f.problem}. Remove it, or find out who put it there.`,
  },
  PKT_GLOBAL_DATA_VERSION: {
    message: (f) =>
      `The file of global data, ${f.path}, has the format version ${f.received}, this release reads version ${f.expected}. ` +
      "The file is not changed: update this program, or set another globalDataNamespace.",
  },
  PKT_GLOBAL_DATA_CORRUPT: {
    message: (f) => `The file of global data, ${f.path}, is damaged (${f.problem}). ${f.outcome}`,
  },
  PKT_GLOBAL_DATA_IO: { message: (f) => `Global data could not be ${f.verb}: ${f.reason}. ${f.outcome}` },
});

/** All error codes of @packetron/global-data. */
export const globalDataErrorCodes: readonly GlobalDataErrorCode[] = globalDataError.codes;
