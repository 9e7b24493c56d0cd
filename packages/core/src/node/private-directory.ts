/**
 * The directory for files of this user, inside the shared temporary directory. Another user can create a directory or a
 * link of the same name first. So the directory may be used only if it is not a link, belongs to this user, and is
 * closed to all other users.
 */
import type { Stats } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/**
 * The path of the directory in which Packetron keeps files of this user: `.packetroninternal-<uid>` in the temporary
 * directory. The directory may be missing: create it with mode 0700. Before each use, check it with
 * {@link privateDirectoryProblem}.
 *
 * @param parent The directory that contains the returned directory; `os.tmpdir()` by default.
 */
export function privateDirectory(parent: string = tmpdir()): string {
  // Files that this process creates belong to its effective user.
  return join(parent, `.packetroninternal-${process.geteuid?.() ?? userInfo().username.replace(/\W/g, "_")}`);
}

/**
 * Returns the reason why a directory cannot be trusted; `undefined` for a directory that can be trusted.
 *
 * @param stats The result of `lstat()`, which does not follow a link.
 * @example
 * const problem = privateDirectoryProblem(lstatSync(path)); // "it belongs to the user 0"
 */
export function privateDirectoryProblem(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return "it is a symbolic link";
  if (!stats.isDirectory()) return "it is not a directory";
  if (process.geteuid === undefined) return undefined; // Windows: the temporary directory belongs to the user
  if (stats.uid !== process.geteuid()) return `it belongs to the user ${stats.uid}`;
  if ((stats.mode & 0o077) === 0) return undefined;
  return `others may enter it (mode ${(stats.mode & 0o777).toString(8)}, expected 700)`;
}
