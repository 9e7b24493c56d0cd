/**
 * Builds the package in the working directory: one JavaScript file and one declaration for each entry point in the
 * manifest, and further files for modules that entry points share or load later.
 *
 * One file for each entry point, not for each module, because every loaded module costs Node several kilobytes, and time
 * to resolve and link it. A worker starts in half the time and uses a tenth less memory. Declarations are made of each
 * module by itself (`isolatedDeclarations`), so packages build in any order; `tsc` checks the types before.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type EmittedAsset, type RolldownOptions } from "rolldown";
import { dts } from "rolldown-plugin-dts";
import { collectCatalog } from "./scripts/_templates.ts";

interface Published {
  readonly exports: Readonly<
    Record<string, string | { readonly types: string; readonly default: string; readonly require?: string }>
  >;
  readonly bin?: Readonly<Record<string, string>>;
}

const manifest: { readonly publishConfig: Published } = JSON.parse(readFileSync("package.json", "utf8"));
const { exports, bin = {} } = manifest.publishConfig;
const entries = Object.values(exports).filter((target) => typeof target === "object");
const programs = [...entries.map((entry) => entry.default), ...Object.values(bin)];
const hasTemplates = existsSync("templates");
const hasRequire = entries.some((entry) => entry.require !== undefined);

const shared: RolldownOptions = {
  platform: "node",
  // Other packages stay imports, because each is installed once and shared. Rolldown calls this function again with
  // `isResolved` and the absolute path, which on Windows begins with a letter.
  external: (id, _importer, isResolved) => !isResolved && /^[^./]/.test(id),
};
const output = { dir: "dist", chunkFileNames: "_[name].js" };

/**
 * Escapes other characters and minifies nothing, so that stack traces show the code. V8 keeps a text with a single "…"
 * as two bytes for each character: that was 0.7 MB of every server.
 */
const asciiOnly = {
  compress: false,
  mangle: false,
  codegen: { asciiOnly: true, removeWhitespace: false },
} as const;

export default defineConfig([
  {
    ...shared,
    input: Object.fromEntries(programs.map(nameEntry)),
    plugins: [
      ...(hasRequire ? [{ name: "require", generateBundle: emitRequire }] : []),
      ...(hasTemplates ? [{ name: "templates", generateBundle: emitCatalog }] : []),
    ],
    // Files of an earlier build would be published. The declarations are built next, into the same folder. They contain
    // the documentation: comments in the code would only use memory.
    output: { ...output, cleanDir: true, comments: false, minify: asciiOnly },
  },
  {
    ...shared,
    input: Object.fromEntries(entries.map((entry) => nameEntry(entry.types))),
    plugins: [dts({ dtsOnly: true, tsconfig: join(import.meta.dirname, "tsconfig.base.json") })],
    output,
  },
]);

/** The entry of a published file: `"./dist/control/index.js"` is built from `./src/control/index.ts`. */
function nameEntry(target: string): readonly [string, string] {
  const name = target.replace(/^\.\/dist\/|(?:\.d\.ts|\.js)$/g, "");
  return [name, `./src/${name}.ts`];
}

/** Adds the file that `require()` of a Node.js too old for ES modules gets. */
function emitRequire(this: { emitFile(file: EmittedAsset): string }): void {
  const source = readFileSync(new URL("scripts/require.cjs", import.meta.url), "utf8");
  this.emitFile({ type: "asset", fileName: "require.cjs", source });
}

/** Adds the templates. In one file, because npm packs no file that is named `.gitignore`. */
function emitCatalog(this: { emitFile(file: EmittedAsset): string }): void {
  this.emitFile({ type: "asset", fileName: "catalog.json", source: JSON.stringify(collectCatalog()) });
}
