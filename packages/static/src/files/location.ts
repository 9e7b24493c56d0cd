/**
 * Finds where an open file is. Attack: a folder of a path can become a link at any time, so each use of the path can
 * lead to another file. Only facts about the descriptor apply to the bytes that are read from it.
 */
import { type BigIntStats, readlinkSync } from "node:fs";
import { type FileHandle, lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { identityOf, isSettled } from "./version.ts";

/** The suffix that Linux appends to the path of an open file that was deleted or replaced. */
const DELETED = " (deleted)";

/** Whether the system has a `/proc` that shows the path of a descriptor. */
const HAS_PROC: boolean = process.platform === "linux" || process.platform === "android";

/** How often the folders are compared, at most: a change by another process invalidates one comparison. */
const MAX_WALKS = 20;

/** Equal comparisons that are needed after a recent change, because a coarse clock could hide another change. */
const UNSETTLED_WALKS = 8;

/**
 * Whether an open file is at a path below a root, without links in the path.
 *
 * Linux knows the path of a descriptor, and returns it in 2 µs without disk access. Node has no such call for other
 * systems. There, the folders must be the same before and after a check of the file. On macOS this is certain,
 * because the system refuses links when it opens the file. Elsewhere, two swaps within one tick of the file system's
 * clock go unnoticed.
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

/** The path of a descriptor; `null` when it is not available. Synchronous, because the kernel has it in memory. */
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
   * Identifies the state of the folders from the root down to the file. Changes when one of them, or an entry in it, is
   * replaced.
   */
  readonly identity: string;
  /** Whether a later change is certain to change the identity. */
  readonly settled: boolean;
}

/** Reads the state of the folders from a root down to a file; `null` when one of them is a link by now. */
async function lookAtFolders(path: string, root: string): Promise<Folders | null> {
  const paths = [root];
  for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder)) paths.push(folder);
  const folders = await Promise.all(paths.map((folder) => lstat(folder, { bigint: true })));
  if (!folders.every((folder) => folder.isDirectory())) return null;
  return { identity: folders.map(identityOf).join(" "), settled: folders.every(isSettled) };
}
