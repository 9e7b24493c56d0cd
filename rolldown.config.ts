/**
 * Builds the package in the working directory: one JavaScript file for each entry point in the manifest, and further files
 * for modules that entry points share or load later.
 * `tsc -b` checks the types and writes the declarations.
 *
 * One file for each entry point, not for each module, because every loaded module costs Node several kilobytes, and time
 * to resolve and link it. A worker starts in half the time and uses a tenth less memory.
 */
import { readFileSync } from "node:fs";
import { defineConfig, type EmittedAsset } from "rolldown";

interface Published {
  readonly exports: Readonly<
    Record<string, string | { readonly default: string; readonly require?: string }>
  >;
  readonly bin?: Readonly<Record<string, string>>;
}

const manifest: { readonly publishConfig: Published } = JSON.parse(readFileSync("package.json", "utf8"));
const { exports, bin = {} } = manifest.publishConfig;
const published = [...Object.values(exports), ...Object.values(bin)]
  .map((target) => (typeof target === "string" ? target : target.default))
  .filter((target) => target.endsWith(".js"));

const hasRequire = Object.values(exports).some(
  (target) => typeof target === "object" && target.require !== undefined,
);

export default defineConfig({
  input: Object.fromEntries(published.map(nameEntry)),
  platform: "node",
  // Other packages stay imports, because each is installed once and shared. Rolldown calls this function again with
  // `isResolved` and the absolute path, which on Windows begins with a letter.
  external: (id, _importer, isResolved) => !isResolved && /^[^./]/.test(id),
  plugins: hasRequire ? [{ name: "require", generateBundle: emitRequire }] : [],
  output: {
    dir: "dist",
    chunkFileNames: "_[name].js",
    // The declarations contain the documentation. Comments in the code would only use memory.
    comments: false,
  },
});

/** The entry of a published file: `"./dist/control/index.js"` is built from `src/control/index.ts`. */
function nameEntry(target: string): readonly [string, string] {
  const name = target.replace(/^\.\/dist\/|\.js$/g, "");
  return [name, `src/${name}.ts`];
}

/** Adds the file that `require()` of a Node.js too old for ES modules gets. */
function emitRequire(this: { emitFile(file: EmittedAsset): string }): void {
  const source = readFileSync(new URL("scripts/require.cjs", import.meta.url), "utf8");
  this.emitFile({ type: "asset", fileName: "require.cjs", source });
}
