/**
 * Verifies at which path an open file is. Attack: a folder of a path can be replaced by a link at any time, so two uses
 * of the same path can lead to two files. Only the descriptor tells which file the bytes are read from.
 */
import { type BigIntStats, readlinkSync } from "node:fs";
import { type FileHandle, lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { identityOf, isSettled } from "./version.ts";

/** The suffix that Linux appends to the path of an open file that was deleted or replaced. */
const DELETED = " (deleted)";

/** Whether the system has a `/proc` that shows the path of a descriptor. */
const HAS_PROC: boolean = process.platform === "linux" || process.platform === "android";

/** How often the folders of a path are compared, at most. A comparison fails if another process changes a folder. */
const MAX_WALKS = 20;

/**
 * How many comparisons must find the folders unchanged if a folder was changed in the last 2 s. A single comparison
 * could miss a change, because the clocks of file systems are coarse.
 */
const UNSETTLED_WALKS = 8;

/**
 * Whether an open file is at a path below a root, without links in the path.
 *
 * Linux returns the path of a descriptor in 2 µs without disk access. Node has no such call for other systems. There,
 * the function compares the folders of the path before and after a check of the file. On macOS the result is certain,
 * because the system refuses links when it opens the file. On other systems, an attacker who replaces a folder and
 * restores the folder within one tick of the file system's clock is not noticed.
 *
 * @param path A canonical path below `root`.
 * @param root A canonical path.
 */
export async function liesAt(
  handle: FileHandle,
  stats: BigIntStats,
  path: string,
  root: string,
): Promise<boolean> {
  const place = HAS_PROC ? placeOf(handle) : null;
  return place === null ? isReached(stats, path, root) : place === path || place === path + DELETED;
}

/**
 * Returns the path of a descriptor; `null` when the system does not tell the path. The call is synchronous, because the
 * kernel has the path in memory.
 */
function placeOf({ fd }: FileHandle): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return null; // no /proc, Node's permission model, or a path that is too long
  }
}

/** Whether a path leads to a file through folders that are not links and do not change during the check. */
async function isReached({ dev, ino }: BigIntStats, path: string, root: string): Promise<boolean> {
  let same = 0;
  for (let walk = 0; walk < MAX_WALKS; walk++) {
    const before = await lookAtFolders(path, root);
    const there = await lstat(path, { bigint: true });
    if (before === null || there.dev !== dev || there.ino !== ino) return false;
    const after = await lookAtFolders(path, root);
    if (after?.identity !== before.identity) continue;
    if (before.settled || ++same === UNSETTLED_WALKS) return true;
  }
  return false;
}

interface Folders {
  /**
   * A text for the state of all folders from the root down to the file. The text changes when a folder, or an entry of
   * a folder, is replaced.
   */
  readonly identity: string;
  /** Whether every later change changes `identity`. `false` for 2 s after a change of a folder: clocks are coarse. */
  readonly settled: boolean;
}

/** Reads the state of the folders from a root down to a file; `null` when a folder has been replaced by a link. */
async function lookAtFolders(path: string, root: string): Promise<Folders | null> {
  const paths = [root];
  for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder)) paths.push(folder);
  const folders = await Promise.all(paths.map((folder) => lstat(folder, { bigint: true })));
  if (!folders.every((folder) => folder.isDirectory())) return null;
  return { identity: folders.map(identityOf).join(" "), settled: folders.every(isSettled) };
}
