/** Finds all files of a directory tree by their base names, for directories with the flag NO_DIRECTORY_STRUCTURE. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { findFile, orMissing } from "../files/open.ts";
import { identityOf, isSettled } from "../files/version.ts";

/** The files of a directory tree by base name, and the state of the folders when they were read. */
export interface FlatIndex {
  /** Paths relative to the root, by base name. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of files that cannot be requested, because a file whose path sorts before has the same base name. */
  readonly hidden: readonly string[];
  /** For each visited folder, a text that changes whenever an entry of the folder is added, removed or renamed. */
  readonly folders: ReadonlyMap<string, string>;
  /** Whether every later change of a folder will be noticed: no folder was changed just before it was read. */
  readonly settled: boolean;
}

/** Options of {@link readFlatIndex}. */
export interface FlatOptions {
  readonly recursive: boolean;
  readonly dotfiles: boolean;
}

/**
 * Reads the names of all files in a directory tree. If no folder has changed since `old` was read, `old` is returned.
 * Links to folders are not followed, because they can form cycles.
 */
export async function readFlatIndex(
  root: string,
  options: FlatOptions,
  old: FlatIndex | null,
): Promise<FlatIndex | null> {
  if (old?.settled === true && (await isUnchanged(old))) return old;
  const canonical = await orMissing(root, () => realpath(root));
  if (canonical === null) return null;
  const walk: Walk = { root: canonical, options, paths: [], folders: new Map(), settled: true };
  for (const pending = [""]; pending.length > 0; )
    pending.push(...(await readFolder(pending.pop() ?? "", walk)));
  return { ...indexByName(walk.paths.toSorted()), folders: walk.folders, settled: walk.settled };
}

interface Walk {
  readonly root: string;
  readonly options: FlatOptions;
  /** Paths relative to the root, with slashes. */
  readonly paths: string[];
  readonly folders: Map<string, string>;
  settled: boolean;
}

/** Adds the files of a folder to the walk, and returns its subfolders. */
async function readFolder(folder: string, walk: Walk): Promise<string[]> {
  const path = join(walk.root, folder);
  const entries = await orMissing(path, async () => {
    const stats = await stat(path, { bigint: true });
    walk.folders.set(path, identityOf(stats));
    walk.settled &&= isSettled(stats);
    return readdir(path, { withFileTypes: true });
  });
  const folders: string[] = [];
  for (const entry of entries ?? []) {
    if (entry.name.startsWith(".") && !walk.options.dotfiles) continue;
    const relative = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && walk.options.recursive) folders.push(relative);
    else if (await isServable(entry, join(path, entry.name), walk.root)) walk.paths.push(relative);
  }
  return folders;
}

/**
 * Whether an entry of a folder is a file, or a link to a file inside the root. Broken links and links to files outside
 * must not be listed: such a link could hide a good file of the same name.
 */
async function isServable(entry: Dirent, path: string, root: string): Promise<boolean> {
  return entry.isFile() || (entry.isSymbolicLink() && (await findFile(path, root)) !== null);
}

async function isUnchanged(index: FlatIndex): Promise<boolean> {
  const states = await Promise.all(
    [...index.folders].map(async ([path, identity]) => {
      const stats = await orMissing(path, () => stat(path, { bigint: true }));
      return stats !== null && identityOf(stats) === identity;
    }),
  );
  return !states.includes(false);
}

function indexByName(paths: readonly string[]): Pick<FlatIndex, "files" | "hidden"> {
  const files = new Map<string, string>();
  const hidden: string[] = [];
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (files.has(name)) hidden.push(path);
    else files.set(name, path);
  }
  return { files, hidden };
}
