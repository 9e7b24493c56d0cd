/**
 * Builds the package in whose folder it runs: one file of JavaScript for each entry point that the
 * manifest publishes, and one for what entry points share or load later.
 * `tsc -b` checks the types and writes the declarations.
 *
 * One file and not one for each module, because Node keeps several kilobytes for every module that it has loaded and
 * takes its time to find and link it: a worker starts in half the time and holds a tenth less memory.
 */
import { readFileSync } from "node:fs";
import { defineConfig } from "rolldown";

interface Published {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly bin?: Readonly<Record<string, string>>;
}

const manifest: { readonly publishConfig: Published } = JSON.parse(readFileSync("package.json", "utf8"));
const { exports, bin = {} } = manifest.publishConfig;
const published = [...Object.values(exports), ...Object.values(bin)]
  .map((target) => (typeof target === "string" ? target : target.default))
  .filter((target) => target.endsWith(".js"));

export default defineConfig({
  input: Object.fromEntries(published.map(nameEntry)),
  platform: "node",
  // What is not a file of the package stays an import: each package is installed once, for everybody.
  // Asked again with the absolute path, which on Windows begins with a letter.
  external: (id, _importer, isResolved) => !isResolved && /^[^./]/.test(id),
  output: {
    dir: "dist",
    chunkFileNames: "_[name].js",
    // Declarations carry the documentation; in memory, comments would be text that nobody reads.
    comments: false,
  },
});

/** `"./dist/control/index.js"` is made of `src/control/index.ts`. */
function nameEntry(target: string): readonly [string, string] {
  const name = target.replace(/^\.\/dist\/|\.js$/g, "");
  return [name, `src/${name}.ts`];
}
