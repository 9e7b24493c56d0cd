/** Makes the catalog of `create-packetron`: its templates in both languages, and what they can depend on. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Catalog } from "../packages/create-packetron/src/catalog.ts";
import { publicPackages, root } from "./_packages.ts";

type Files = Readonly<Record<string, string>>;

/** The folder of the templates: a folder for each template, and one for what all templates of a kind share. */
export const templatesFolder: string = join(root, "packages/create-packetron/templates");

/** Development tools of the projects in TypeScript. They have the versions of this repository. */
const TOOLS = ["@types/node", "typescript"];

/** Reads the templates, and makes JavaScript of those in TypeScript. */
export function collectCatalog(): Catalog {
  const typescript = readTemplates();
  // Packages that stand beside `packetron` need options, such as an address: a list of names cannot choose them.
  const capabilities = publicPackages().flatMap(({ folder, manifest: { packetron, description } }) =>
    packetron === undefined || packetron.beside === true
      ? []
      : [{ name: folder, factory: packetron.factory, description: String(description) }],
  );
  return {
    capabilities,
    tools: readToolVersions(),
    files: { typescript, javascript: toJavaScript(typescript) },
  };
}

function readTemplates(): Files {
  const paths = readdirSync(templatesFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(templatesFolder.length + 1));
  const files = paths.map((path) => [
    path.replaceAll("\\", "/").replace(/\.txt$/, ""),
    readFileSync(join(templatesFolder, path), "utf8"),
  ]);
  return Object.fromEntries(files.toSorted(([one = ""], [other = ""]) => (one < other ? -1 : 1)));
}

function toJavaScript(files: Files): Files {
  const entries = Object.entries(files).filter(([path]) => !/\/tsconfig\b/.test(path));
  const others = entries.filter(([path]) => !path.endsWith(".ts"));
  const programs = entries
    .filter(([path]) => path.endsWith(".ts"))
    .map(([path, text]) => [path.replace(/\.ts$/, ".js"), stripTypes(text)]);
  return { ...Object.fromEntries(others), ...format(Object.fromEntries(programs)) };
}

function stripTypes(text: string): string {
  const program = withNames(text);
  const lines = stripTypeScriptTypes(program).split("\n");
  const before = program.split("\n");
  return lines
    .filter((line, index) => line.trim() !== "" || before[index] === "")
    .join("\n")
    .replace(/(?<=^(?:import|export) .*"\.{1,2}\/[^"]*)\.ts(?=";$)/gm, ".js");
}

/** Formats programs. Types leave blanks where they stood. */
function format(programs: Files): Files {
  const folder = mkdtempSync(join(tmpdir(), "packetron-templates-"));
  try {
    for (const [path, text] of Object.entries(programs)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const biome = join(root, "node_modules/.bin/biome");
    const flags = ["--write", `--config-path=${root}`, "--vcs-enabled=false", "--quote-properties=preserve"];
    execFileSync(biome, ["format", ...flags, folder], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    const formatted = Object.keys(programs).map((path) => [
      path,
      withBraces(readFileSync(join(folder, path), "utf8")),
    ]);
    return Object.fromEntries(formatted);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Gives placeholders the form of a name, because braces in a template are not TypeScript. */
function withNames(text: string): string {
  return text.replace(/\{\{(\w+)\}\}/g, "__$1__");
}

function withBraces(text: string): string {
  return text.replace(/__(\w+?)__/g, "{{$1}}");
}

function readToolVersions(): Files {
  const workspace = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const versions = TOOLS.map((tool) => {
    const [, version] = new RegExp(`^  '?${tool}'?: (\\S+)$`, "m").exec(workspace) ?? [];
    if (version === undefined) throw new Error(`pnpm-workspace.yaml has no version of ${tool}`);
    return [tool, version];
  });
  return Object.fromEntries(versions);
}
