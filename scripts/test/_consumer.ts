/** Makes a user's project: a folder outside the repository in which npm installs the tarballs. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { publicPackages, root } from "../_packages.ts";

const run = promisify(execFile);

/** A project with the packages installed. */
export interface Consumer {
  readonly path: string;
  /** Runs a program in the project. Resolves to its stdout, and rejects when it fails. */
  run(file: string, ...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Makes a project with the files of `_fixtures/<fixture>` and the named packages. npm installs all tarballs in one
 * command, so that they satisfy each other's ranges. Third-party libraries are installed from the registry. If no package
 * needs one, `--offline` proves that nothing else is installed.
 */
export async function createConsumer(fixture: string, packages: readonly string[]): Promise<Consumer> {
  const path = await mkdtemp(join(await realpath(tmpdir()), "packetron-consumer-"));
  const tarballs = inject("tarballs").filter(({ name }) => packages.includes(name));
  await writeFile(join(path, "package.json"), JSON.stringify({ name: "consumer", private: true }));
  const consumer: Consumer = {
    path,
    run: async (file, ...args) => (await run(file, args, { cwd: path })).stdout,
    remove: () => rm(path, { recursive: true, force: true }),
  };
  await addFixture(consumer, fixture);
  const source = needsRegistry(packages) ? "--prefer-offline" : "--offline";
  const flags = [source, "--no-audit", "--no-fund", "--ignore-scripts"];
  await consumer.run("npm", "install", ...flags, ...tarballs.map((tarball) => tarball.path));
  return consumer;
}

/** Copies the files of `_fixtures/<fixture>` into a project. */
export function addFixture({ path }: Consumer, fixture: string): Promise<void> {
  return cp(join(import.meta.dirname, "_fixtures", fixture), path, { recursive: true });
}

/** Links development packages of the repository into a consumer, as if it had installed them. */
export async function linkTools(consumer: Consumer, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const target = await realpath(join(root, "node_modules", name));
    const link = join(consumer.path, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link, "junction");
  }
}

/** Whether one of the packages depends on a third-party library. */
function needsRegistry(names: readonly string[]): boolean {
  return publicPackages()
    .filter(({ manifest }) => names.includes(manifest.name))
    .some(({ manifest }) =>
      Object.values(manifest.dependencies ?? {}).some((range) => !range.startsWith("workspace:")),
    );
}
