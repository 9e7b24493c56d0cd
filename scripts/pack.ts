/** Builds and packs the public packages. Releases publish these tarballs. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Package, publicPackages, root } from "./_packages.ts";
import { withAbsoluteLinks } from "./_readme.ts";
import { replaceFile, unpackedSize } from "./_tar.ts";

/** A tarball and its properties. */
export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** The absolute path of the tarball. */
  readonly path: string;
  /** The name of the tarball in its folder. */
  readonly file: string;
  /** The size of the tarball, in bytes. */
  readonly packedSize: number;
  /** The size of the files in it, in bytes. */
  readonly unpackedSize: number;
  /** The number of packages that its installation adds directly: `dependencies` and required `peerDependencies`. */
  readonly dependencies: number;
}

const run = promisify(execFile);

/**
 * Builds every public package into an empty `dist`, so that output of deleted source files is not packed. Then packs it
 * into `destination`, which is emptied first.
 */
export async function packAll(destination: string): Promise<PackedPackage[]> {
  const packages = publicPackages();
  await rm(destination, { recursive: true, force: true });
  await mkdir(destination, { recursive: true });
  await Promise.all(packages.map(({ path }) => rm(join(path, "dist"), { recursive: true, force: true })));
  await buildAll();
  // One pnpm for all packages: outside a script of pnpm, npx takes two seconds of CPU to find it.
  await pnpm(
    root,
    "--recursive",
    ...packages.map(({ folder }) => `--filter=./packages/${folder}`),
    "pack",
    "--pack-destination",
    destination,
  );
  return Promise.all(packages.map((source) => finish(source, destination)));
}

/** Builds every package that has changed since its last build. */
export async function buildAll(): Promise<void> {
  await pnpm(root, "run", "build");
}

/** Edits the tarball of a package. The links of its README lead to the repository, because npm shows it without its neighbours. */
async function finish({ folder, manifest }: Package, destination: string): Promise<PackedPackage> {
  const file = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`;
  const filename = join(destination, file);
  const archive = replaceFile(gunzipSync(await readFile(filename)), "package/README.md", (readme) =>
    withAbsoluteLinks(readme, join("packages", folder)),
  );
  const tarball = gzipSync(archive, { level: 9 });
  await writeFile(filename, tarball);
  return {
    name: manifest.name,
    version: manifest.version,
    path: filename,
    file,
    packedSize: tarball.byteLength,
    unpackedSize: unpackedSize(archive),
    dependencies: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).length,
  };
}

/** Runs pnpm: the one that runs this script, else the one that npx finds. Resolves to its stdout. */
async function pnpm(cwd: string, ...args: readonly string[]): Promise<string> {
  const running = process.env.npm_execpath ?? "";
  const [command, prefix] = /pnpm(\.exe)?$/.test(running) ? [running, []] : ["npx", ["-y", "pnpm@12"]];
  try {
    const { stdout } = await run(command, [...prefix, ...args], { cwd, maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const output = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
    throw new Error(`pnpm ${args.join(" ")} failed in ${cwd}\n${output}`);
  }
}
