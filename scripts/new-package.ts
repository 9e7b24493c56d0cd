/**
 * `pnpm new:package <name> [--parser] [--media-type text/csv] [--no-install]`: makes a package of this repository that
 * passes all checks, from the templates of `create-packetron` and those beside this file. It also changes the files that list packages.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { flagNames } from "../packages/core/src/config/flags.ts";
import { capabilityPackages } from "../packages/core/test/_capabilities.ts";
import { describePackage, fillTemplate } from "../packages/create-packetron/src/describe-package.ts";
import { publicPackages, root } from "./_packages.ts";
import { templatesFolder } from "./_templates.ts";

const USAGE = `Usage: pnpm new:package <name> [--parser] [--media-type text/csv] [--no-install]

  <name>        the name of the folder: server-timing makes packages/server-timing and @packetron/server-timing
  --parser      a parser of bodies, with a flag of routes; else a capability with an option of the server
  --media-type  what the parser reads; application/x-<name> by default
  --no-install  pnpm links the package at the next command`;

/** The bits that packages of this repository may take for flags of their own. */
const OWN_BITS = Array.from({ length: 20 }, (_, bit) => bit);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    parser: { type: "boolean", default: false },
    "media-type": { type: "string" },
    "no-install": { type: "boolean", default: false },
  },
});
const [folder = "", ...others] = positionals;
if (others.length > 0 || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(folder)) fail(USAGE);
if (existsSync(join(root, "packages", folder))) fail(`packages/${folder} exists.`);

const kind = values.parser ? "parser" : "capability";
const fields = describeFields();
const written = [
  ...writeTemplates(join(import.meta.dirname, "templates/package")),
  ...writeTemplates(join(import.meta.dirname, "templates", kind)),
  ...writeTemplates(join(templatesFolder, kind)),
  ...registerPackage(),
  writeChangeset(),
];
run("node_modules/.bin/biome", "check", "--write", ...written.filter((file) => /\.(?:ts|json)$/.test(file)));
if (!values["no-install"]) run("npx", "-y", "pnpm@12", "install", "--no-frozen-lockfile");
console.log(`Written:\n${written.map((file) => `  ${file}`).join("\n")}

Its tests: npx -y pnpm@12 exec vitest run packages/${folder}
Write what the package does in its README, in package.json and in the changeset.`);

/** What stands in the templates for a word in double braces. */
function describeFields(): Readonly<Record<string, string>> {
  const name = `@packetron/${folder}`;
  return {
    ...describePackage({ name, folder, isParser: values.parser, mediaType: values["media-type"] }),
    version: publicPackages()[0]?.manifest.version ?? "",
    bit: values.parser ? String(findFreeBit()) : "",
    runner: "vitest",
    registered: "The package [`packetron`](../packetron) has it registered already.",
  };
}

/** The lowest bit of routes that neither core nor a package of this repository has. */
function findFreeBit(): number {
  const claimed = capabilityPackages.flatMap(({ claims }) => claims.flags);
  const taken = claimed.filter(({ family }) => family === "handler").map(({ bit }) => bit);
  const free = OWN_BITS.find((bit) => !flagNames.handler.has(1 << bit) && !taken.includes(1 << bit));
  return free ?? fail("All bits below 20 are taken.");
}

/** Writes the files of a template folder into the package. */
function writeTemplates(source: string): string[] {
  return readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".txt"))
    .map((file) => {
      const text = fillTemplate(readFileSync(join(source, file), "utf8"), fields);
      return write(join("packages", folder, fillTemplate(file.replace(/\.txt$/, ""), fields)), text);
    });
}

/** Adds the package to the package `packetron`, and to the table from which core takes its hints. */
function registerPackage(): string[] {
  const { name = "", factory = "", flag } = fields;
  const manifest = change("packages/packetron/package.json", (text) => {
    const parsed = JSON.parse(text);
    const dependencies = Object.entries({ ...parsed.dependencies, [name]: "workspace:^" }).toSorted();
    return `${JSON.stringify({ ...parsed, dependencies: Object.fromEntries(dependencies) }, null, 2)}\n`;
  });
  const names = values.parser ? `${factory}, ${flag}` : factory;
  const list = change("packages/packetron/src/packetron.ts", (text) =>
    text
      .replace(/(?<=^import [^;]*;\n)(?!import )/m, `import { ${factory} } from "${name}";\n`)
      .replace(/^export (?=[^;]* from )/m, `export { ${names} } from "${name}";\nexport `)
      .replace(/(?<=^const factories.*\[\n)[^\]]*/m, (entries) => sortLines(`${entries}  ${factory},\n`)),
  );
  if (values.parser) return [manifest, list];
  const entry = `  "${name}": { factory: "${factory}", options: ["${factory}"] },\n`;
  const hints = change("packages/core/src/errors/packages.ts", (text) => {
    const entries = [...text.matchAll(/^ {2}"(@packetron\/[^"]+)": \{/gm)];
    const next = entries.find(([, known = ""]) => known > name)?.index ?? text.indexOf("\n};\n") + 1;
    const added = text.slice(0, next) + entry + text.slice(next);
    return added.replace(/^const places: .* = \{$/m, (line) => `${line}\n  ${factory}: "server",`);
  });
  return [manifest, list, hints];
}

function writeChangeset(): string {
  const { name, description, factory } = fields;
  const packages = [name, "packetron"].map((changed) => `"${changed}": minor\n`).join("");
  const text = `${description}: \`npm install ${name}\`, then add \`${factory}()\` to \`capabilities\`.`;
  return write(`.changeset/new-${folder}.md`, `---\n${packages}---\n\n${text}\n`);
}

function sortLines(lines: string): string {
  return `${lines.trimEnd().split("\n").toSorted().join("\n")}\n`;
}

function change(file: string, edit: (text: string) => string): string {
  const text = readFileSync(join(root, file), "utf8");
  const edited = edit(text);
  return edited === text
    ? fail(`${file} has changed its form: the package is not in it.`)
    : write(file, edited);
}

function write(file: string, text: string): string {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
  return file;
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
