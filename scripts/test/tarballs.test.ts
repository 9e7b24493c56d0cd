/** Tests that each tarball is a valid ESM package for npm, Node and TypeScript. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, inject, test } from "vitest";
import { publicPackages, root } from "../_packages.ts";

const run = promisify(execFile);
const attw = join(root, "node_modules/.bin/attw");

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
    expect(files.filter((file) => /\.tsbuildinfo$|\.test\.|\.map$/.test(file))).toEqual([]);
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
    const arguments_ = [
      "--profile",
      "esm-only",
      // require() without ES modules gets dist/require.cjs, which has no types: it only refuses an old Node.js.
      "--ignore-rules",
      "false-esm",
      "--exclude-entrypoints",
      "./package.json",
      "--format",
      "ascii",
      path,
    ];
    await expect(run(attw, arguments_)).resolves.toMatchObject({ stderr: "" });
  });
});
