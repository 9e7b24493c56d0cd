/** Tests of `pnpm new:package`: it runs in a copy of the repository, in which the checks and the tests then run. */
import { execFile, execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicPackages, root } from "../_packages.ts";

const run = promisify(execFile);
const copy = mkdtempSync(join(realpathSync(tmpdir()), "packetron-new-package-"));
const tool = (name: string): string => join(root, "node_modules/.bin", name);

/** The tests that run in the copy: those of the new packages, and those that compare packages, tables and pages. */
const tests = [
  ...["packages/{body-lines,server-note}/test/*.test.ts", "packages/core/test/{docs,errors}/*.test.ts"],
  ...["packages/packetron/test/packetron.test.ts", "scripts/test/packages.test.ts"],
];

beforeAll(() => {
  copyRepository();
  leaveOutOfScans();
  git("init", "--quiet");
  git("add", "--all");
  git("-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "--message", "copy");
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("in a copy of the repository", () => {
  test("a parser changes two files outside its folder, and adds a changeset", async () => {
    await newPackage("body-lines", "--parser", "--media-type", "text/x-lines");
    expect(changes()).toEqual([
      " M packages/packetron/package.json",
      " M packages/packetron/src/packetron.ts",
      "?? .changeset/new-body-lines.md",
      "?? packages/body-lines/",
    ]);
  });

  test("a capability changes three", async () => {
    await newPackage("server-note");
    expect(changes().filter((line) => !line.includes("body-lines"))).toEqual([
      " M packages/core/src/errors/packages.ts",
      " M packages/packetron/package.json",
      " M packages/packetron/src/packetron.ts",
      "?? .changeset/new-server-note.md",
      "?? packages/server-note/",
    ]);
  });

  test("a name that exists, and one that is not a name, are refused", async () => {
    await expect(newPackage("cors")).rejects.toThrow("packages/cors exists.");
    await expect(newPackage("../cors")).rejects.toThrow("Usage: pnpm new:package");
    await expect(newPackage()).rejects.toThrow("Usage: pnpm new:package");
  });

  test("linter, compiler, build, search for unused code and check of words pass", async () => {
    const [parser, capability] = ["packages/body-lines", "packages/server-note"] as const;
    const changed = [parser, capability, "packages/packetron", "packages/core/src/errors"];
    const config = { extends: "./tsconfig.json", include: [parser, capability, "packages/packetron/src"] };
    writeFileSync(join(copy, "tsconfig.new-package.json"), JSON.stringify(config));
    await Promise.all([
      run(tool("biome"), ["check", "--error-on-warnings", ...changed], { cwd: copy }),
      run(tool("tsc"), ["-p", "tsconfig.new-package.json", "--singleThreaded"], { cwd: copy }),
      ...[parser, capability].map((folder) =>
        run(tool("rolldown"), ["-c", "../../rolldown.config.ts"], { cwd: join(copy, folder) }),
      ),
      run(tool("knip"), ["--no-config-hints"], { cwd: copy }),
      run(process.execPath, ["scripts/check-words.ts"], { cwd: copy }),
    ]);
  });

  test.runIf(process.env.PACKETRON_TEST_FULL)(
    "the tests of the packages, and those of tables and pages, pass",
    async () => {
      const config = `export default { test: { include: ${JSON.stringify(tests)}, reporters: ["dot"] } };\n`;
      writeFileSync(join(copy, "vitest.new-package.config.ts"), config);
      const vitest = join(root, "node_modules/vitest/vitest.mjs");
      const { stdout } = await run(
        process.execPath,
        [vitest, "run", "--config", "vitest.new-package.config.ts"],
        {
          cwd: copy,
          env: { ...process.env, NO_COLOR: "1" },
        },
      );
      expect(stdout).toMatch(/Test Files {2}\d+ passed/);
      expect(stdout).not.toMatch(/failed/);
    },
  );
});

/** Runs the script, and links the package in the way of `pnpm install`. */
async function newPackage(...args: readonly string[]): Promise<void> {
  await run(process.execPath, ["scripts/new-package.ts", ...args, "--no-install"], { cwd: copy });
  const [folder = ""] = args;
  link(`../../../core`, `packages/${folder}/node_modules/@packetron/core`);
  link(`../../../${folder}`, `packages/packetron/node_modules/@packetron/${folder}`);
}

/** The changed and the new files, as `git status` names them. */
function changes(): string[] {
  return git("status", "--short")
    .split("\n")
    .filter((line) => line !== "");
}

/** Copies the files of the repository, with the links that pnpm has made. */
function copyRepository(): void {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
  });
  const files = listed.toString().trim().split("\n");
  for (const file of files) if (existsSync(join(root, file))) copyPath(file);
  const folders = new Set(files.filter((file) => file.endsWith("package.json")).map((file) => dirname(file)));
  folders.delete(".");
  for (const folder of folders)
    for (const made of ["node_modules"])
      if (existsSync(join(root, folder, made))) copyPath(join(folder, made));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}

/**
 * Lets biome leave out what imports no new package. It reads all files for the rules about imports and types, which takes
 * five seconds of CPU each time.
 */
function leaveOutOfScans(): void {
  const file = join(copy, "biome.json");
  const config: { readonly files: { readonly includes: readonly string[] } } = JSON.parse(
    readFileSync(file, "utf8"),
  );
  const others = publicPackages().filter(({ folder }) => folder !== "packetron");
  const left = ["benchmarks", "docs", "examples", ...others.map(({ folder }) => `packages/${folder}/test`)];
  const includes = [...config.files.includes, ...left.map((folder) => `!!${folder}`)];
  writeFileSync(file, JSON.stringify({ ...config, files: { ...config.files, includes } }));
}

function copyPath(path: string): void {
  cpSync(join(root, path), join(copy, path), {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
  });
}

function link(target: string, path: string): void {
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  symlinkSync(target, join(copy, path));
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: copy }).toString();
}
