/** Tests that all packages have the same structure. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { publicPackages, repository, root } from "../_packages.ts";

const HEADINGS = ["Install", "Usage", "Options", "Errors", "Behaviour", "License"];

/** Packages whose names users type: `npm install packetron`, `npm create packetron`. */
const UNSCOPED = ["packetron", "create-packetron"];

const packages = publicPackages();
const folderOf = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]));

describe.each(packages)("$manifest.name", ({ folder, path, manifest }) => {
  test("is named after its folder", () => {
    expect(manifest.name).toBe(UNSCOPED.includes(folder) ? folder : `@packetron/${folder}`);
  });

  test("has the same license, module kind, Node range and files as all packages", () => {
    expect(manifest).toMatchObject({
      license: "ISC",
      type: "module",
      sideEffects: false,
      engines: { node: ">=20.19.0" },
      files: ["dist"],
      scripts: { build: "rolldown -c ../../rolldown.config.ts" },
    });
    expect(Object.keys(manifest.scripts ?? {})).toEqual(["build"]);
    expect(manifest.description).toMatch(/^[A-Z].{20,160}[^.]$/);
    expect(manifest.keywords).toContain("packetron");
  });

  test("says where its sources, its README and its issues are", () => {
    expect(manifest).toMatchObject({
      homepage: `${repository}/tree/HEAD/packages/${folder}#readme`,
      bugs: `${repository}/issues`,
      repository: { type: "git", url: `git+${repository}.git`, directory: `packages/${folder}` },
    });
  });

  test("has one version with all packages, because they are released together", () => {
    expect(manifest.version).toBe(packages[0]?.manifest.version);
  });

  test("exports its sources in the repository and dist when published, under the same names", () => {
    const entries = Object.keys(Object(manifest.exports));
    expect(entries).toContain(".");
    expect(entries).toContain("./package.json");
    const { access, exports } = Object(manifest.publishConfig);
    expect(access).toBe("public");
    expect(Object.keys(exports)).toEqual(entries);
    for (const entry of entries.filter((name) => name !== "./package.json")) {
      const source: string = Object(manifest.exports)[entry];
      const built = source.replace(/^\.\/src\/(.*)\.ts$/, "./dist/$1");
      // So that require() of an old Node.js gets a file that can say so.
      const isServer = entry === "." && ["core", "packetron"].includes(folder);
      const old = isServer ? { "module-sync": `${built}.js`, require: "./dist/require.cjs" } : {};
      expect(exports[entry]).toEqual({ types: `${built}.d.ts`, ...old, default: `${built}.js` });
    }
  });

  test("depends on other packages of this repository so that a user gets a single core", () => {
    if (folder === "core") {
      expect(manifest.dependencies).toBeUndefined();
      expect(manifest.peerDependencies).toBeUndefined();
    } else if (folder === "packetron") {
      const others = packages
        .filter((other) => !UNSCOPED.includes(other.folder) && other.manifest.packetron?.beside !== true)
        .map((other) => other.manifest.name);
      expect(manifest.dependencies).toEqual(Object.fromEntries(others.map((name) => [name, "workspace:^"])));
    } else if (folder === "create-packetron") {
      // It runs by itself, outside any project that could have a core.
      expect(manifest.dependencies).toMatchObject({ "@packetron/core": "workspace:^" });
    } else {
      expect(manifest.peerDependencies).toMatchObject({ "@packetron/core": "workspace:^" });
      expect(manifest.devDependencies).toMatchObject({ "@packetron/core": "workspace:*" });
      expect(Object.keys(manifest.dependencies ?? {}).filter((name) => folderOf.has(name))).toEqual([]);
    }
  });

  test("names the factory of its capability, which src/index.ts exports", () => {
    const index = readFileSync(join(path, "src/index.ts"), "utf8");
    expect(manifest.packetron !== undefined).toBe(isCapability(folder));
    if (manifest.packetron !== undefined)
      expect(index).toMatch(new RegExp(`^export .*\\b${manifest.packetron.factory}\\b`, "ms"));
  });

  test("imports values of core from one module, because Node looks in five folders for each import", () => {
    const files = readdirSync(join(path, "src"), { encoding: "utf8", recursive: true });
    const sources = isCapability(folder) ? files.filter((file) => file.endsWith(".ts")) : [];
    const others = sources.filter((file) =>
      /^import (?!type )[^;]* from "@packetron\/core";/m.test(readFileSync(join(path, "src", file), "utf8")),
    );
    expect(others).toEqual([]);
  });

  test("has no tsconfig: the compiler and editors use that of the repository", () => {
    expect(existsSync(join(path, "tsconfig.json"))).toBe(false);
  });

  test("has a README with its name, one sentence, and the same headings in the same order", () => {
    const readme = readFileSync(join(path, "README.md"), "utf8");
    const [title, blank, sentence] = readme.split("\n");
    expect([title, blank]).toEqual([`# ${manifest.name}`, ""]);
    expect(sentence).toMatch(/^[A-Z`]/);
    expect([...readme.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(HEADINGS);
    const isBeside = manifest.packetron?.beside === true;
    expect(readme.includes("The package [`packetron`](../packetron) has it registered already.")).toBe(
      isCapability(folder) && !isBeside,
    );
    expect(readme.includes("The package [`packetron`](../packetron) does not have it.")).toBe(isBeside);
  });

  test("has a changeset or a changelog, so that its first release has a description", () => {
    const changesets = readdirSync(join(root, ".changeset")).filter((file) => file !== "README.md");
    const texts = changesets.map((file) => readFileSync(join(root, ".changeset", file), "utf8"));
    const announced = texts.some((text) => text.includes(`"${manifest.name}": `));
    expect(announced || existsSync(join(path, "CHANGELOG.md"))).toBe(true);
  });
});

test("the release configuration keeps all packages at one version", () => {
  expect(readJson(join(root, ".changeset", "config.json")).fixed).toEqual([
    ["packetron", "create-packetron", "@packetron/*"],
  ]);
});

test("pnpm checks the engines of the tools against the Node version that they run on", () => {
  const workspace = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const [, checked] = /^nodeVersion: (\S+)$/m.exec(workspace) ?? [];
  expect(workspace).toContain(`\n  node: ${checked}\n`);
  expect(checked).toBe(process.versions.node);
});

/** Whether a package adds a capability. The others are core, the two commands, and the package with all capabilities. */
function isCapability(folder: string): boolean {
  return !["core", "cli", ...UNSCOPED].includes(folder);
}

interface JsonFile {
  readonly fixed?: unknown;
}

function readJson(file: string): JsonFile {
  return JSON.parse(readFileSync(file, "utf8"));
}
