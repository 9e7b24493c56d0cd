/** Where a run happens: the cores, the built packages, and temporary folders with the files that are served and received. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cores, chooseCores } from "../measure/cores.ts";
import { FILES } from "../peers/_data.js";
import type { BenchOptions } from "./options.ts";
import { type Stage, stagePackages } from "./stage.ts";

/** What a contestant's start needs to know. */
export interface Workplace {
  readonly cores: Cores;
  /** The folder that holds the `node_modules` with the built packages. */
  readonly stage: string;
  /** The same of another state of the packages, to compare with. */
  readonly baseline: string | null;
  readonly publicFolder: string;
  readonly uploadFolder: string;
  /** For whatever else a contestant needs on disk. */
  readonly folder: string;
  remove(): void;
}

/** Makes the folders; `remove()` takes them away again. */
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

/** Text that does not repeat within a line, an hour old: a server may treat a file of this second with more care. */
function writeFile(path: string, bytes: number): void {
  writeFileSync(path, fileContent(bytes));
  const anHourAgo = Math.trunc(Date.now() / 1000) - 3600;
  utimesSync(path, anHourAgo, anHourAgo);
}

/** What the file of this size holds. */
export function fileContent(bytes: number): Buffer {
  return Buffer.alloc(bytes, "The quick brown fox jumps over the lazy dog. 0123456789\n");
}
