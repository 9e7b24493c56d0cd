/** The workplace of a run: the cores, the built packages, and temporary folders for served and received files. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cores, chooseCores } from "../measure/cores.ts";
import { FILES } from "../peers/_data.js";
import type { BenchOptions } from "./options.ts";
import { type Stage, stagePackages } from "./stage.ts";

/** The paths and cores that a contestant's start needs. */
export interface Workplace {
  readonly cores: Cores;
  /** The folder that holds the `node_modules` with the built packages. */
  readonly stage: string;
  /** The folder with another state of the packages, to compare with; `null` without one. */
  readonly baseline: string | null;
  readonly publicFolder: string;
  readonly uploadFolder: string;
  /** A temporary folder for other files of contestants. */
  readonly folder: string;
  remove(): void;
}

/** Makes the folders. `remove()` deletes them. */
export function createWorkplace({ packages, baseline }: BenchOptions): Workplace {
  const stage: Stage = packages === null ? stagePackages() : { folder: packages, remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), "packetron-benchmark-"));
  const [publicFolder, uploadFolder] = [join(folder, "public"), join(folder, "uploads")];
  for (const path of [publicFolder, uploadFolder]) mkdirSync(path);
  for (const [name, bytes] of Object.entries(FILES)) writeFile(join(publicFolder, name), bytes);
  const remove = (): void => {
    stage.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  return { cores: chooseCores(), stage: stage.folder, baseline, publicFolder, uploadFolder, folder, remove };
}

/** Writes a file with an age of an hour, because a server may validate a very new file differently. */
function writeFile(path: string, bytes: number): void {
  writeFileSync(path, fileContent(bytes));
  const anHourAgo = Math.trunc(Date.now() / 1000) - 3600;
  utimesSync(path, anHourAgo, anHourAgo);
}

/** The content of the file with this size. */
export function fileContent(bytes: number): Buffer {
  return Buffer.alloc(bytes, "The quick brown fox jumps over the lazy dog. 0123456789\n");
}
