/** NO_DIRECTORY_STRUCTURE: every file of a tree by its base name. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { findFile, orMissing } from "../files/open.ts";
import { identityOf, isSettled } from "../files/version.ts";

/** What a walk through a tree has found. */
export interface FlatIndex {
  /** By base name, the path relative to the root. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths that are not reachable, because one that sorts before them has the same base name. */
  readonly hidden: readonly string[];
  /** The folders that the walk went through, as they were. */
  readonly folders: ReadonlyMap<string, string>;
  /** Whether a later change of a folder is certain to show. */
  readonly settled: boolean;
}

/** Which files of a tree count. */
export interface FlatOptions {
  readonly recursive: boolean;
  readonly dotfiles: boolean;
}

/**
 * Walks through a tree; again only when one of its folders has changed since the last time. Links to folders are not
 * followed, since they may lead in circles.
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
  /** Relative to the root, with slashes. */
  readonly paths: string[];
  readonly folders: Map<string, string>;
  settled: boolean;
}

/** Notes the files of a folder; gives its subfolders. */
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

/** A link must not take the name of a file that sorts behind it when it leads nowhere itself. */
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
