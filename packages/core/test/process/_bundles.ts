/**
 * Builds the packages and the programs of the process tests once for all test files. A process loads these files in a third
 * of the time that it needs to load some 200 modules and to strip their types, and the tests start hundreds of processes.
 */
import { existsSync, readdirSync } from "node:fs";
import { cp, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { build } from "rolldown";
import type { TestProject } from "vitest/node";
import { type Package, publicPackages, root } from "../../../../scripts/_packages.ts";
import { buildPackages, isName, linkLibraries } from "./_built.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /**
     * The folder of the built programs: `<package>/<name>.mjs` for `_fixtures/<name>.ts` of a package, and a copy of what is
     * not TypeScript; and `examples/<name>`, the programs of an example. Its `node_modules` has the built packages.
     */
    readonly bundles: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), "packetron-bundles-"));
  const modules = join(folder, "node_modules");
  linkLibraries(modules);
  const buildAll = async (): Promise<void> => {
    await Promise.all([buildPackages(modules), buildFixtures(folder), copyExamples(folder)]);
  };
  await buildAll();
  project.onTestsRerun(buildAll); // a source may have changed
  project.provide("bundles", folder);
  return () => rm(folder, { recursive: true, force: true });
}

/** Builds the fixtures with the sources that they import by path. They import the built packages by name. */
async function buildFixtures(folder: string): Promise<void> {
  const packages = publicPackages().filter((source) => existsSync(fixturesOf(source)));
  for (const source of packages)
    await cp(fixturesOf(source), join(folder, source.folder), {
      recursive: true,
      filter: (path) => !path.endsWith(".ts"),
    });
  await build({
    input: Object.fromEntries(packages.flatMap(programsOf)),
    platform: "node",
    external: isName,
    logLevel: "warn",
    output: { dir: folder, entryFileNames: "[name].mjs", chunkFileNames: "_[name].mjs" },
  });
}

/** Copies the programs of the examples, so that they import the built packages. */
async function copyExamples(folder: string): Promise<void> {
  await cp(join(root, "examples"), join(folder, "examples"), {
    recursive: true,
    filter: (path) => !["node_modules", "test"].includes(basename(path)),
  });
}

function fixturesOf({ path }: Package): string {
  return join(path, "test/process/_fixtures");
}

/** The fixtures of a package in TypeScript, each with the name of its built file. */
function programsOf(source: Package): (readonly [string, string])[] {
  return readdirSync(fixturesOf(source))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [`${source.folder}/${basename(file, ".ts")}`, join(fixturesOf(source), file)]);
}
