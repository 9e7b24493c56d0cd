/** Every error of the package in one table: the code, stable for ever, and the sentence. */
import { PacketronError } from "@packetron/core";

/** The codes of @packetron/global-data. */
export type GlobalDataErrorCode =
  | "PKT_GLOBAL_DATA_KEY"
  | "PKT_GLOBAL_DATA_VALUE"
  | "PKT_GLOBAL_DATA_TOO_LARGE"
  | "PKT_GLOBAL_DATA_NESTED"
  | "PKT_GLOBAL_DATA_LOCKED"
  | "PKT_GLOBAL_DATA_DIRECTORY"
  | "PKT_GLOBAL_DATA_UNSAFE"
  | "PKT_GLOBAL_DATA_VERSION"
  | "PKT_GLOBAL_DATA_CORRUPT"
  | "PKT_GLOBAL_DATA_IO";

/** Facts an error sentence is made of. */
type Facts = Readonly<Record<string, unknown>>;

const messages: Readonly<Record<GlobalDataErrorCode, (facts: Facts) => string>> = {
  PKT_GLOBAL_DATA_KEY: (f) => `A key of global data is a string ${f.expected}, got ${f.received}.`,
  PKT_GLOBAL_DATA_VALUE: (f) =>
    `Global data cannot hold ${f.what}${f.where}. It holds null, undefined, booleans, numbers, BigInts of 64 bits, ` +
    "strings, Dates, Buffers, Uint8Arrays, arrays and plain objects; convert the value to these.",
  PKT_GLOBAL_DATA_TOO_LARGE: (f) =>
    `Global data would exceed ${f.limit}. Every change writes the whole file: keep data of this size in a database.`,
  PKT_GLOBAL_DATA_NESTED: () =>
    "Global data was changed inside the function of updateGlobalData(), which holds the lock. Return the new value instead.",
  PKT_GLOBAL_DATA_LOCKED: (f) =>
    `Waited ${f.waited} ms for the lock of global data; nothing was changed. Process ${f.owner} has it and is alive: ` +
    "if it hangs or is stopped, continue or end it.",
  PKT_GLOBAL_DATA_DIRECTORY: (f) => `The directory of global data, ${f.path}, cannot be used: ${f.problem}.`,
  PKT_GLOBAL_DATA_UNSAFE: (f) =>
    `The file of global data, ${f.path}, is not used: ${f.problem}. Remove it, or find out who put it there.`,
  PKT_GLOBAL_DATA_VERSION: (f) =>
    `The file of global data, ${f.path}, has the format version ${f.received}, this release reads version ${f.expected}. ` +
    "It is left as it is: update this program, or give it another globalDataNamespace.",
  PKT_GLOBAL_DATA_CORRUPT: (f) =>
    `The file of global data, ${f.path}, is damaged (${f.problem}). ${f.outcome}`,
  PKT_GLOBAL_DATA_IO: (f) => `Global data could not be ${f.verb}: ${f.reason}. ${f.outcome}`,
};

/** All codes of the package, for docs and tests. */
export const globalDataErrorCodes: readonly GlobalDataErrorCode[] = Object.freeze(
  Object.keys(messages).filter((code): code is GlobalDataErrorCode => code in messages),
);

/** Makes an error from its row; `facts` fill the sentence. */
export function globalDataError(
  code: GlobalDataErrorCode,
  facts: Facts = {},
  cause?: unknown,
): PacketronError {
  return new PacketronError(code, messages[code](facts), cause === undefined ? {} : { cause });
}
