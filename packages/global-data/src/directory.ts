/**
 * The private directory under the shared temporary one, and the names in it.
 *
 * Anybody may make a directory or a link of our name in there first. So it is used only when it is a directory, no link,
 * belongs to this user, and nobody else may enter; what is in it is then this user's own doing.
 */
import type { Stats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateDirectory, privateDirectoryProblem } from "@packetron/core";
import { globalDataError } from "./errors.ts";
import { errorCode, errorReason, type FileSystem, unless } from "./file-system.ts";
import { loadCrypto } from "./node-modules.ts";

/** Where things are. */
export interface Places {
  /** The directory of this user. */
  readonly directory: string;
  /** The file. */
  readonly file: string;
  /** What all names of the namespace begin with. */
  readonly prefix: string;
  /** The slot of whoever wants to follow a token: see `revisions.ts`. */
  slot(token: string): string;
  /** The file that the owner of a record prepares. */
  pending(record: string): string;
  /** Where a damaged file goes. */
  corrupt(token: string): string;
}

/** The places of a namespace; a directory can be named for tests. */
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
 * Makes the directory when it is not there, as after a cleaner of old files has been around, and checks it.
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

/** Whether a file belongs to the user of this process; where there are no users, the temporary directory is private. */
export function isOwn(stats: { readonly uid: number | bigint }): boolean {
  return process.geteuid === undefined || Number(stats.uid) === process.geteuid();
}

/** Whether anybody but the owner may do anything; such bits mean nothing where there are no users. */
export function isOpenToOthers(stats: { readonly mode: number | bigint }): boolean {
  return process.geteuid !== undefined && (Number(stats.mode) & 0o077) !== 0;
}

/** Another process may make it at the same moment, and be another user's: what is there then is looked at. */
function createDirectory(fs: FileSystem, path: string): Stats {
  unless("EEXIST", () => fs.mkdirSync(path, { mode: 0o700 }));
  return fs.lstatSync(path);
}

function directoryError(path: string, problem: string, cause?: unknown): Error {
  return globalDataError("PKT_GLOBAL_DATA_DIRECTORY", { path, problem }, cause);
}

/**
 * A file name for any text, one for each: without dots, because what follows the name begins with one; without capital
 * letters, which some file systems take for small ones; and never too long.
 */
function fileName(namespace: string): string {
  if (/^[a-z\d_-]{1,64}$/.test(namespace)) return namespace;
  const readable = namespace.replace(/[^a-z\d_-]+/g, "_").slice(0, 24);
  return `${readable}~${loadCrypto().createHash("sha256").update(namespace).digest("hex").slice(0, 32)}`;
}
