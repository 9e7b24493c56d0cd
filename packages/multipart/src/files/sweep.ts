/** Removes what dead processes have left below `partial/`. */
import { join } from "node:path";
import { stateOfProcess } from "@packetron/core";
import type { FileSystem } from "./file-system.ts";
import { parseOwner } from "./owner.ts";

const MINUTE = 60_000;

/**
 * Removes the directories of dead owners. What belongs to another boot or container may be that of another machine on
 * a shared disk: it counts as dead once nothing in it has changed for longer than a request can take.
 *
 * Never fails: what cannot be removed now is there for the next process.
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
      // Another process sweeps the same directory, or may not.
    }
  }
}

async function sweepOwner(directory: string, fileSystem: FileSystem, unchangedSince: number): Promise<void> {
  // In a directory that others may write to, a link of such a name would have any files removed that this user may remove.
  if (!(await fileSystem.lstat(directory)).isDirectory()) return;
  const paths = (await fileSystem.readdir(directory)).map((name) => join(directory, name));
  if (unchangedSince > 0) {
    for (const path of [directory, ...paths])
      if ((await fileSystem.lstat(path)).mtimeMs > unchangedSince) return;
  }
  for (const path of paths) await fileSystem.unlink(path);
  await fileSystem.rmdir(directory);
}
