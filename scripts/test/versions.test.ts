/** Tests of `changeset version`, which a release begins with: in a small workspace with the settings of this repository. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../_packages.ts";

test("a feature raises the minor version of all packages, and the changelogs have texts alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "packetron-versions-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  const core = { "@packetron/core": "workspace:^" };
  write("package.json", JSON.stringify({ name: "workspace", private: true }));
  write("pnpm-workspace.yaml", "packages: [packages/*]\n");
  write("packages/core/package.json", JSON.stringify({ name: "@packetron/core", version: "0.1.0" }));
  for (const [place, name, field] of [
    ["cors", "@packetron/cors", "peerDependencies"],
    ["packetron", "packetron", "dependencies"],
  ] as const)
    write(`packages/${place}/package.json`, JSON.stringify({ name, version: "0.1.0", [field]: core }));
  for (const file of ["config.json", "changelog.mjs"])
    cpSync(join(root, ".changeset", file), join(folder, ".changeset", file));
  write(".changeset/one.md", '---\n"@packetron/core": minor\n---\n\nA feature.\n\nHow to use it.\n');

  const git = (...args: readonly string[]): unknown => execFileSync("git", args, { cwd: folder });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "--message", "begin");
  execFileSync(join(root, "node_modules/.bin/changeset"), ["version"], { cwd: folder, stdio: "pipe" });

  for (const place of ["core", "cors", "packetron"])
    expect(JSON.parse(read(`packages/${place}/package.json`)).version).toBe("0.2.0");
  expect(read("packages/core/CHANGELOG.md")).toBe(
    "# @packetron/core\n\n## 0.2.0\n\n### Minor Changes\n\n- A feature.\n\n  How to use it.\n",
  );
  expect(read("packages/cors/CHANGELOG.md")).not.toContain("Updated dependencies");
});
