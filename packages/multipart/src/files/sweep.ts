/** Removes unfinished files that killed processes left below `partial/`. */
import { join } from "node:path";
import { stateOfProcess } from "@packetron/core/capability";
import type { FileSystem } from "./file-system.ts";
import { parseOwner } from "./owner.ts";

const MINUTE = 60_000;

/**
 * Removes the directories of dead processes below `partial/`. A directory that was made in another container, or before
 * a restart of the machine, may belong to a live process on another machine that shares the disk. Such a directory is
 * removed only when nothing in the directory has changed for longer than a request can take.
 *
 * The promise never rejects. The next process that stores files here tries again to remove the rest.
 */
export async function sweep(partial: string, fileSystem: FileSystem, requestTimeout: number): Promise<void> {
  const quiet = requestTimeout === 0 ? 24 * 60 * MINUTE : Math.max(10 * MINUTE, 2 * requestTimeout);
  const names = await fileSystem.readdir(partial).catch(() => []);
  for (const name of names) {
    const owner = parseOwner(name);
    const state = owner === null ? "alive" : stateOfProcess(owner);
    if (state === "alive") continue;
    try {
      await sweepOwner(join(partial, name), fileSystem, state === "dead" ? 0 : Date.now() - quiet);
    } catch {
      // Another process sweeps the same directory, or this process may not remove it.
    }
  }
}

async function sweepOwner(directory: string, fileSystem: FileSystem, unchangedSince: number): Promise<void> {
  // Attack: another user who may write to `partial/` puts a link there, so that this process removes files elsewhere.
  if (!(await fileSystem.lstat(directory)).isDirectory()) return;
  const paths = (await fileSystem.readdir(directory)).map((name) => join(directory, name));
  if (unchangedSince > 0) {
    for (const path of [directory, ...paths])
      if ((await fileSystem.lstat(path)).mtimeMs > unchangedSince) return;
  }
  for (const path of paths) await fileSystem.unlink(path);
  await fileSystem.rmdir(directory);
}
