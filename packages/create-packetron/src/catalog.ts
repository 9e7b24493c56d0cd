/** What the build puts beside the code: the texts of all templates, and the packages that projects can depend on. */
import { readFileSync } from "node:fs";

/** The language of a project. */
export type Language = "typescript" | "javascript";

/** A capability of Packetron that an application can choose. */
export interface CapabilityEntry {
  /** The npm name without its scope: `"body-json"`. */
  readonly name: string;
  /** The function that the package exports: `"bodyJson"`. */
  readonly factory: string;
  readonly description: string;
}

/** The content of `dist/catalog.json`. */
export interface Catalog {
  readonly capabilities: readonly CapabilityEntry[];
  /** The version ranges of development tools, by npm name. */
  readonly tools: Readonly<Record<string, string>>;
  /** The texts of the templates by language and path: `"minimal/src/app.ts"`. */
  readonly files: Readonly<Record<Language, Readonly<Record<string, string>>>>;
}

/** Reads the catalog of the build. */
export function readCatalog(): Catalog {
  return JSON.parse(readFile("../dist/catalog.json"));
}

/** The version of this package, which all packages of Packetron have. */
export function readVersion(): string {
  const manifest: { readonly version: string } = JSON.parse(readFile("../package.json"));
  return manifest.version;
}

/** Reads a file of this package. The path is the same from `src` and from `dist`. */
function readFile(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}
