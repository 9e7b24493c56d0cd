/** Builds and packs the public packages in the same way as publishing. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { type Package, publicPackages, root } from "./_packages.ts";

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
  return Promise.all(packages.map((source) => pack(source, destination)));
}

/** Builds every package that has changed since its last build. */
export async function buildAll(): Promise<void> {
  await pnpm(root, "run", "build");
}

async function pack({ path, manifest }: Package, destination: string): Promise<PackedPackage> {
  const output = await pnpm(path, "pack", "--json", "--pack-destination", destination);
  const { filename }: { filename: string } = JSON.parse(output);
  const tarball = await readFile(filename);
  return {
    name: manifest.name,
    version: manifest.version,
    path: filename,
    file: basename(filename),
    packedSize: tarball.byteLength,
    unpackedSize: unpackedSize(gunzipSync(tarball)),
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

/** Adds the sizes in the headers of a tar archive (ustar): blocks of 512 bytes, with the size in octal at offset 124. */
function unpackedSize(archive: Buffer): number {
  let total = 0;
  for (let offset = 0; offset < archive.length && archive[offset] !== 0; ) {
    const size = Number.parseInt(archive.toString("latin1", offset + 124, offset + 135), 8);
    total += size;
    offset += 512 + Math.ceil(size / 512) * 512;
  }
  return total;
}
