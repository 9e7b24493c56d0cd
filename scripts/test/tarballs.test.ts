/** Tests that each tarball is a valid ESM package for npm, Node and TypeScript. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, inject, test } from "vitest";
import { linksOf } from "../../packages/core/test/docs/_markdown.ts";
import { publicPackages, repository, root } from "../_packages.ts";

const run = promisify(execFile);

/** Ways of resolution that packages of ES modules alone do not support, as in the profile `esm-only` of attw. */
const OLD_RESOLUTIONS = ["node10", "node16-cjs"];

describe.each(inject("tarballs"))("$file", ({ name, path }) => {
  const source = publicPackages().find(({ manifest }) => manifest.name === name);

  test("contains only the license, the README, the manifest and the build", async () => {
    const { stdout } = await run("tar", ["-tzf", path]);
    const files = stdout.trim().split("\n");
    for (const file of ["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts"]) {
      expect(files).toContain(`package/${file}`);
    }
    expect(
      files.filter((file) => !/^package\/(dist\/|LICENSE$|README\.md$|package\.json$)/.test(file)),
    ).toEqual([]);
    expect(files.filter((file) => /\.test\.|\.map$/.test(file))).toEqual([]);
  });

  test("has a README whose links work outside the repository, and lead to files that exist", async () => {
    const { stdout } = await run("tar", ["-xzOf", path, "package/README.md"]);
    const own = linksOf(stdout).filter((link) => link.startsWith(`${repository}/`));
    expect(linksOf(stdout).filter((link) => !/^(?:https?:|#)/.test(link))).toEqual([]);
    expect(own.filter((link) => !existsSync(join(root, pathOf(link))))).toEqual([]);
    expect(own).not.toEqual([]);
  });

  test("has one declaration for each entry point; the others are parts that entry points share", async () => {
    const { stdout } = await run("tar", ["-tzf", path]);
    const declarations = stdout.match(/(?<=^package\/)dist\/.*\.d\.ts$/gm) ?? [];
    const { exports } = Object(source?.manifest.publishConfig);
    const published = Object.values<{ readonly types?: string }>(exports).flatMap(({ types }) => types ?? []);
    const files = declarations.map((file) => `./${file}`);
    expect(files.filter((file) => !/\/_[^/]+$/.test(file)).toSorted()).toEqual(published.toSorted());
  });

  test("declares its dependencies as version ranges, without workspace: or catalog:", async () => {
    const { stdout } = await run("tar", ["-xzOf", path, "package/package.json"]);
    expect(stdout).not.toMatch(/workspace:|catalog:/);
    const { exports } = JSON.parse(stdout);
    expect(exports).toEqual(Object(source?.manifest.publishConfig).exports);
  });

  test("passes publint without a suggestion", async () => {
    const tarball = await readFile(path);
    const bytes = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test("passes Are The Types Wrong for ESM, which includes require() of an ES module", async () => {
    const checked = createPackageFromTarballData(new Uint8Array(await readFile(path)));
    const result = await checkPackage(checked, { excludeEntrypoints: ["./package.json"] });
    if (result.types === false) throw new Error(`${name} has no declarations.`);
    expect(result.types).toEqual({ kind: "included" });
    expect(result.problems.filter(isWrong)).toEqual([]);
  });
});

/** Whether a problem of the types is one for packages of ES modules alone. */
function isWrong(problem: Problem): boolean {
  // require() without ES modules gets dist/require.cjs, which has no types: it only refuses an old Node.js.
  if (problem.kind === "FalseESM") return false;
  return !("resolutionKind" in problem && OLD_RESOLUTIONS.includes(problem.resolutionKind));
}

/** The path in the repository to which a link leads: `docs/README.md` for `…/blob/HEAD/docs/README.md#guide`. */
function pathOf(link: string): string {
  return link.slice(repository.length).replace(/^\/(?:blob|tree|raw)\/HEAD\/|#.*$/g, "");
}
