/**
 * The private directory below the shared temporary directory, and the names of its files.
 *
 * Attack: another user can create a directory or a link with this name first. So the path is used only when it is a
 * directory and not a link, belongs to this user, and no other user may enter it. Then only this user can have created
 * the files in it.
 */
import type { Stats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateDirectory, privateDirectoryProblem } from "@packetron/core/capability";
import { globalDataError } from "./errors.ts";
import { errorCode, errorReason, type FileSystem, unless } from "./file-system.ts";
import { loadCrypto } from "./node-modules.ts";

/** The paths of the files of one namespace (a named set of values). */
export interface Places {
  /** The private directory of this user. */
  readonly directory: string;
  /** The file with all values. */
  readonly file: string;
  /** The prefix of the names of all files of one namespace of global data. */
  readonly prefix: string;
  /** Returns the path of the link that locks the change after the content with this token (see `revisions.ts`). */
  slot(token: string): string;
  /** Returns the path of the file that a process prepares as the next content. `record` identifies the process. */
  pending(record: string): string;
  /** Returns the path to which a damaged file is moved. */
  corrupt(token: string): string;
}

/**
 * Returns the paths of the files of one namespace (a named set of values).
 *
 * @param parent The temporary directory; tests give another one.
 */
export function placesOf(namespace: string, parent: string = tmpdir()): Places {
  const directory = privateDirectory(parent);
  const prefix = `${fileName(namespace)}.`;
  const path = (suffix: string): string => join(directory, prefix + suffix);
  return {
    directory,
    file: path("bson"),
    prefix,
    slot: (token) => path(`lock-${token}`),
    pending: (record) => path(`new-${record}`),
    corrupt: (token) => path(`corrupt-${token}.bson`),
  };
}

/**
 * Checks the directory of the global data. Creates a missing one: a cleaner of temporary files may have removed it.
 *
 * @throws PKT_GLOBAL_DATA_DIRECTORY
 */
export function ensureDirectory(fs: FileSystem, path: string): void {
  try {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false }) ?? createDirectory(fs, path);
    const problem = privateDirectoryProblem(stats);
    if (problem !== undefined) throw directoryError(path, problem);
  } catch (error) {
    if (errorCode(error)?.startsWith("PKT_")) throw error;
    throw directoryError(path, errorReason(error), error);
  }
}

/** Whether a file belongs to the user of this process. True on Windows, where the temporary directory is private. */
export function isOwn(stats: { readonly uid: number | bigint }): boolean {
  return process.geteuid === undefined || Number(stats.uid) === process.geteuid();
}

/** Whether users other than the owner have any permission for a file. Always `false` on Windows, without such bits. */
export function isOpenToOthers(stats: { readonly mode: number | bigint }): boolean {
  return process.geteuid !== undefined && (Number(stats.mode) & 0o077) !== 0;
}

/**
 * Creates the directory and returns its stats. Another process, also of another user, may have created it just now, so
 * the caller checks the stats.
 */
function createDirectory(fs: FileSystem, path: string): Stats {
  unless("EEXIST", () => fs.mkdirSync(path, { mode: 0o700 }));
  return fs.lstatSync(path);
}

function directoryError(path: string, problem: string, cause?: unknown): Error {
  return globalDataError("PKT_GLOBAL_DATA_DIRECTORY", { path, problem }, cause);
}

/**
 * Returns a different file name for each namespace. The name contains no dot, because a dot separates the name from its
 * suffix, and no upper-case letters, because some file systems ignore case. The length of the name is limited.
 */
function fileName(namespace: string): string {
  if (/^[a-z\d_-]{1,64}$/.test(namespace)) return namespace;
  const readable = namespace.replace(/[^a-z\d_-]+/g, "_").slice(0, 24);
  return `${readable}~${loadCrypto().createHash("sha256").update(namespace).digest("hex").slice(0, 32)}`;
}
