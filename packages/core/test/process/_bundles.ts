/**
 * Builds the packages and the programs of the process tests once for all test files. A process loads these files in a third
 * of the time that it needs to load some 200 modules and to strip their types, and the tests start hundreds of processes.
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { build } from "rolldown";
import type { TestProject } from "vitest/node";
import { publicPackages } from "../../../../scripts/_packages.ts";
import { buildPackages, isName, linkLibraries } from "./_built.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /**
     * The folder of the built programs: `<package>/<name>.mjs` for `_fixtures/<name>.ts` of a package. Its `node_modules` has
     * the built packages.
     */
    readonly bundles: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), "packetron-bundles-"));
  const modules = join(folder, "node_modules");
  linkLibraries(modules);
  const buildAll = async (): Promise<void> => {
    await Promise.all([buildPackages(modules), buildFixtures(folder)]);
  };
  await buildAll();
  project.onTestsRerun(buildAll); // a source may have changed
  project.provide("bundles", folder);
  return () => rm(folder, { recursive: true, force: true });
}

/** Builds the fixtures with the sources that they import by path. They import the built packages by name. */
async function buildFixtures(folder: string): Promise<void> {
  await build({
    input: Object.fromEntries(publicPackages().flatMap(({ folder: name, path }) => fixturesOf(name, path))),
    platform: "node",
    external: isName,
    logLevel: "warn",
    output: { dir: folder, entryFileNames: "[name].mjs", chunkFileNames: "_[name].mjs" },
  });
}

function fixturesOf(name: string, path: string): (readonly [string, string])[] {
  const fixtures = join(path, "test/process/_fixtures");
  if (!existsSync(fixtures)) return [];
  return readdirSync(fixtures)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [`${name}/${basename(file, ".ts")}`, join(fixtures, file)]);
}
