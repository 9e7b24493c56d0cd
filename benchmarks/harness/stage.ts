/**
 * Lays out the built packages in a `node_modules` folder with their published manifests, like an installation by a user.
 * In the repository the packages refer to their sources, and type stripping must not be part of the figures.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Package, publicPackages } from "../../scripts/_packages.ts";
import { buildAll } from "../../scripts/pack.ts";

/** A folder with the packages as npm would install them. */
export interface Stage {
  /** The folder that holds `node_modules`. */
  readonly folder: string;
  remove(): void;
}

/** The build of the packages failed. */
export class BuildError extends Error {}

/**
 * Builds the packages, unless they are up to date.
 *
 * @throws BuildError
 */
export async function buildPackages(): Promise<void> {
  try {
    await buildAll();
  } catch (cause) {
    throw new BuildError(`${cause}\n--no-build takes the packages as they were built last`, { cause });
  }
}

/** Lays out the built packages, in a temporary folder unless one is given. */
export function stagePackages(folder: string = mkdtempSync(join(tmpdir(), "packetron-staged-"))): Stage {
  for (const source of publicPackages()) stagePackage(source, join(folder, "node_modules"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The address of a package's main module in a stage. */
export function entryOf(folder: string, name: string): string {
  return pathToFileURL(join(folder, "node_modules", name, "dist", "index.js")).href;
}

function stagePackage({ path, manifest }: Package, modules: string): void {
  const target = join(modules, manifest.name);
  const built = join(path, "dist");
  if (!existsSync(built)) throw new Error(`${manifest.name} is not built: leave out --no-build`);
  cpSync(built, join(target, "dist"), { recursive: true });
  const { publishConfig, ...published } = manifest;
  writeFileSync(join(target, "package.json"), JSON.stringify({ ...published, ...asObject(publishConfig) }));
  for (const [name, range] of Object.entries(manifest.dependencies ?? {}))
    if (!range.startsWith("workspace:")) link(join(path, "node_modules", name), join(modules, name));
}

/** Links a library to the folder where pnpm has installed it, next to its own dependencies. */
function link(installed: string, target: string): void {
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(realpathSync(installed), target, "junction");
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
