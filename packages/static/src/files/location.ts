/**
 * Where an open file lies. A path may lead somewhere else at each call, because a folder of it can become a link at any
 * time; only what is said of the descriptor holds for the bytes that are read from it.
 */
import { type BigIntStats, readlinkSync } from "node:fs";
import { type FileHandle, lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { identityOf, isSettled } from "./version.ts";

/** What Linux appends to the place of a file that was deleted, or replaced, after it was opened. */
const DELETED = " (deleted)";

/** Systems whose `/proc` says where a descriptor leads. */
const HAS_PROC: boolean = process.platform === "linux" || process.platform === "android";

/** How often the folders are compared, at most: another process that changes a folder spoils one comparison. */
const MAX_WALKS = 20;

/** How many comparisons a folder needs that has just changed: its clock may be too slow to show the next change. */
const UNSETTLED_WALKS = 8;

/**
 * Whether an open file lies at a path below a root, without links on the way.
 *
 * Linux says it of the descriptor itself, in 2 µs and without the disk. Other systems have no such call in Node: there the
 * folders have to be the same before and after a look at the file. macOS refuses links when it opens the file, so that
 * this holds there without exception; elsewhere two swaps within one tick of the file system's clock could deceive it.
 *
 * @param path Canonical, and below `root`, which is canonical too.
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

/** The place of a descriptor, `null` where the system keeps it to itself. Synchronous: the kernel has it in memory. */
function placeOf({ fd }: FileHandle): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return null; // no /proc, Node's permission model, or a path that is too long
  }
}

/** Whether a path leads to a file through folders that are none of them links, and stay the same meanwhile. */
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
  /** Differs once an entry of one of them was replaced. */
  readonly identity: string;
  /** Whether a later change is certain to show. */
  readonly settled: boolean;
}

/** The folders from a root down to a file; `null` when one of them is a link by now. */
async function lookAtFolders(path: string, root: string): Promise<Folders | null> {
  const paths = [root];
  for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder)) paths.push(folder);
  const folders = await Promise.all(paths.map((folder) => lstat(folder, { bigint: true })));
  if (!folders.every((folder) => folder.isDirectory())) return null;
  return { identity: folders.map(identityOf).join(" "), settled: folders.every(isSettled) };
}
