/**
 * Every error of this package, in one table: the code (stable for ever), the sentence, and the status a client gets when
 * the error belongs to its request. Wrong options have core's code PKT_OPTION_INVALID.
 */
import { PacketronError } from "@packetron/core";

/** The codes of this package. */
export type StaticErrorCode =
  | "PKT_STATIC_DIRECTORY"
  | "PKT_STATIC_FILE"
  | "PKT_STATIC_NOT_FOUND"
  | "PKT_STATIC_READ";

type Facts = Readonly<Record<string, unknown>>;

interface ErrorRow {
  readonly status?: number;
  readonly message: (facts: Facts) => string;
}

const rows: Readonly<Record<StaticErrorCode, ErrorRow>> = {
  PKT_STATIC_DIRECTORY: {
    message: (f) =>
      `serve() cannot serve the directory ${f.path}: ${f.reason}. Relative paths start at the working directory.`,
  },
  PKT_STATIC_FILE: {
    message: (f) =>
      `serveFile() cannot serve the file ${f.path}: ${f.reason}. Relative paths start at the working directory.`,
  },
  PKT_STATIC_NOT_FOUND: {
    status: 404,
    message: (f) => `${f.call} found no readable file at ${f.path}.`,
  },
  PKT_STATIC_READ: {
    status: 500,
    message: (f) => `Reading ${f.path} failed: ${f.reason}.`,
  },
};

/** All codes of this package, for docs and tests. */
export const staticErrorCodes: readonly StaticErrorCode[] = Object.freeze(
  Object.keys(rows).filter((code): code is StaticErrorCode => code in rows),
);

/** Makes one of this package's errors from its row; `facts` fill the sentence. */
export function staticError(
  code: StaticErrorCode,
  facts: Facts = {},
  cause?: unknown,
  status: number | undefined = rows[code].status,
): PacketronError {
  const message = rows[code].message(facts);
  return new PacketronError(code, message, cause === undefined ? { status } : { status, cause });
}
