/**
 * Lays out the packages as npm installs them, built from the sources of now. In the repository the packages refer to their
 * sources, so that a program loads each of their modules.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { build } from "rolldown";
import { type Manifest, publicPackages, root } from "../../../../scripts/_packages.ts";

interface Published {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly bin?: Readonly<Record<string, string>>;
}

// No program imports the package that creates projects.
const packages = publicPackages().filter(({ manifest }) => manifest.name !== "create-packetron");

/**
 * Links what the packages and the examples need and the tools of the repository in a folder `node_modules`, and the
 * sources of the packages, in which the compiler finds the types.
 */
export function linkLibraries(modules: string): void {
  const examples = readdirSync(join(root, "examples"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, "examples", name));
  for (const path of [root, ...packages.map((source) => source.path), ...examples]) {
    const { dependencies, devDependencies }: Manifest = readManifest(path);
    for (const [name, range] of Object.entries({ ...devDependencies, ...dependencies }))
      if (!range.startsWith("workspace:")) link(join(path, "node_modules", name), join(modules, name));
  }
  for (const { path, manifest } of packages) link(join(path, "src"), join(modules, manifest.name, "src"));
}

function readManifest(path: string): Manifest & { readonly publishConfig: Published } {
  return JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
}

/** Links a library to where pnpm has installed it, beside its own dependencies. */
function link(installed: string, target: string): void {
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(realpathSync(installed), target, "junction");
}

/** Builds the packages in a folder `node_modules`. */
export async function buildPackages(modules: string): Promise<void> {
  await Promise.all(packages.map(({ path, manifest }) => buildPackage(path, join(modules, manifest.name))));
}

/** Builds a package as `rolldown.config.ts` does, without declarations. */
async function buildPackage(path: string, target: string): Promise<void> {
  const { publishConfig, ...manifest } = readManifest(path);
  const exports: Record<string, string | object> = { ...publishConfig.exports };
  const programs = Object.values(publishConfig.bin ?? {});
  for (const [name, entry] of Object.entries(publishConfig.exports)) {
    if (typeof entry === "string") continue;
    exports[name] = { ...entry, types: sourceOf(entry.default) };
    programs.push(entry.default);
  }
  writeFileSync(join(target, "package.json"), JSON.stringify({ ...manifest, ...publishConfig, exports }));
  await build({
    input: Object.fromEntries(programs.map((file) => [nameOf(file), join(path, sourceOf(file))])),
    platform: "node",
    external: isName,
    logLevel: "warn",
    output: { dir: join(target, "dist"), chunkFileNames: "_[name].js", comments: false },
  });
}

/**
 * Whether a module is imported by a name, which stays an import. Rolldown calls this function again with `isResolved` and
 * the absolute path, which on Windows begins with a letter.
 */
export function isName(id: string, _importer?: string, isResolved = false): boolean {
  return !isResolved && /^[^./]/.test(id);
}

/** `control/index` of `./dist/control/index.js`. */
function nameOf(file: string): string {
  return file.replace(/^\.\/dist\/|\.js$/g, "");
}

/** The source of a built file: `./src/control/index.ts` of `./dist/control/index.js`. */
function sourceOf(file: string): string {
  return `./src/${nameOf(file)}.ts`;
}
