/**
 * The directory of this user under the shared temporary one. Anybody may make a directory or a link of our name in there
 * first, so it may be used only when it is a directory, no link, belongs to this user, and nobody else may enter.
 */
import type { Stats } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/**
 * Where Packetron keeps files of this user: `.packetroninternal-<uid>` in the temporary directory. It need not exist;
 * make it with mode 0700 and look at it with {@link privateDirectoryProblem} before each use.
 *
 * @param parent The directory to put it in, by default `os.tmpdir()`.
 */
export function privateDirectory(parent: string = tmpdir()): string {
  // The effective user is the one to whom files belong that this process makes.
  return join(parent, `.packetroninternal-${process.geteuid?.() ?? userInfo().username.replace(/\W/g, "_")}`);
}

/**
 * Why a directory cannot be trusted, in words; `undefined` when it can.
 *
 * @param stats Of `lstat`, so that a link shows.
 * @example
 * const problem = privateDirectoryProblem(lstatSync(path)); // "it belongs to the user 0"
 */
export function privateDirectoryProblem(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return "it is a symbolic link";
  if (!stats.isDirectory()) return "it is no directory";
  if (process.geteuid === undefined) return undefined; // Windows: the temporary directory is the user's own
  if (stats.uid !== process.geteuid()) return `it belongs to the user ${stats.uid}`;
  if ((stats.mode & 0o077) === 0) return undefined;
  return `others may enter it (mode ${(stats.mode & 0o777).toString(8)}, expected 700)`;
}
