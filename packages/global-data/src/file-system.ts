/** The calls of `node:fs` that this package makes, in one type: tests put failing and halting ones in their place. */
import { fs } from "./node-modules.ts";

/** A part of `node:fs`, all of it synchronous. */
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

/** Node's own. */
export const nodeFileSystem: FileSystem = fs;

/** The code of a failed call: `"ENOENT"`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/**
 * Makes one call of which one failure is an answer.
 *
 * @returns `false` when the call failed with the code; any other failure is thrown on.
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

/** Closes a file whose fate is decided: a failure changes nothing about it. */
export function closeQuietly(fs: FileSystem, descriptor: number): void {
  try {
    fs.closeSync(descriptor);
  } catch {
    // Linux gives the descriptor back all the same.
  }
}

/** What a caught value says: the message of an error, else its text. */
export function errorReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
