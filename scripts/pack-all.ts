/** `pnpm run pack:all`: packs every public package into `artifacts/` and prints a table of what came out. */
import { join, relative } from "node:path";
import { root } from "./_packages.ts";
import { type PackedPackage, packAll } from "./pack.ts";

const packed = await packAll(join(root, "artifacts"));
console.table(packed.map(row));

function row(tarball: PackedPackage): Record<string, string | number> {
  return {
    file: relative(root, tarball.path),
    packed: kilobytes(tarball.packedSize),
    unpacked: kilobytes(tarball.unpackedSize),
    dependencies: tarball.dependencies,
  };
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
