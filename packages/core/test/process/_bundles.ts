/**
 * Bundles the programs of the process tests once for all test files. A process loads one of these files in a third of the
 * time that it needs to load some 150 modules and to strip their types, and the tests start hundreds of processes.
 */
import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { build } from "rolldown";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder of the bundled programs: `<name>.mjs` for `_fixtures/<name>.ts`, and `packetron.mjs` for core. */
    readonly bundles: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), "packetron-bundles-"));
  const bundle = (): Promise<void> => bundleInto(folder);
  await bundle();
  project.onTestsRerun(bundle); // a source may have changed
  project.provide("bundles", folder);
  return () => rm(folder, { recursive: true, force: true });
}

async function bundleInto(folder: string): Promise<void> {
  const fixtures = join(import.meta.dirname, "_fixtures");
  const programs = (await readdir(fixtures)).map((file) => [basename(file, ".ts"), join(fixtures, file)]);
  await build({
    input: { ...Object.fromEntries(programs), packetron: join(import.meta.dirname, "../../src/index.ts") },
    platform: "node",
    external: /^(?!\.|\/)/,
    logLevel: "warn",
    output: { dir: folder, entryFileNames: "[name].mjs", chunkFileNames: "_[name].mjs" },
  });
}
