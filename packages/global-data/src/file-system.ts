/** The functions of `node:fs` that this package calls, so that tests can replace them by failing or halting ones. */
import { fs } from "./node-modules.ts";

/** The synchronous functions of `node:fs` that this package calls. */
export type FileSystem = Pick<
  typeof fs,
  | "closeSync"
  | "fstatSync"
  | "fsyncSync"
  | "linkSync"
  | "lstatSync"
  | "mkdirSync"
  | "openSync"
  | "readdirSync"
  | "readlinkSync"
  | "readSync"
  | "renameSync"
  | "symlinkSync"
  | "unlinkSync"
  | "writeSync"
>;

/** The file system of Node. */
export const nodeFileSystem: FileSystem = fs;

/** The code of an error, such as `"ENOENT"`; `undefined` for an error without a code. */
export function errorCode(error: unknown): string | undefined {
  // Not instanceof: a test runner may load this module in a context of its own, where Node's errors are of another class.
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/**
 * Calls a function that may fail with the error code `code`.
 *
 * @returns `true` when the function succeeds; `false` when it fails with `code`. Any other error is thrown.
 */
export function unless(code: string, call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (errorCode(error) === code) return false;
    throw error;
  }
}

/** Closes a file without reporting a failure: its content is written or dropped already. */
export function closeQuietly(fs: FileSystem, descriptor: number): void {
  try {
    fs.closeSync(descriptor);
  } catch {
    // Linux releases the descriptor although the call fails.
  }
}

/** The message of an error, or the text of another caught value. */
export function errorReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
