/** `pnpm run pack:all`: packs every public package into `artifacts/`, and prints a table of the tarballs. */
import { join, relative } from "node:path";
import { root } from "./_packages.ts";
import { packAll } from "./pack.ts";

const packed = await packAll(join(root, "artifacts"));
const rows = packed.map((tarball) => [
  relative(root, tarball.path),
  kilobytes(tarball.packedSize),
  kilobytes(tarball.unpackedSize),
  String(tarball.dependencies),
]);
printTable(["file", "packed", "unpacked", "dependencies"], rows);

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

/** Prints a table. The first column is text, the others are numbers. */
function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  for (const row of [head, ...rows]) console.log(row.map(pad).join("  "));
}
