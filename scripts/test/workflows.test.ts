/** Tests of the workflows on GitHub: what they use and run exists. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repository, root } from "../_packages.ts";

const folder = join(root, ".github/workflows");
const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
const workflows = readdirSync(folder).map((name): [string, string] => [
  name,
  readFileSync(join(folder, name), "utf8"),
]);

describe.each(workflows)("%s", (_name, text) => {
  test("uses actions by the hash of a commit, with the version in a comment", () => {
    const used = text.match(/(?<=uses: ).*/g) ?? [];
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual(
      [],
    );
  });

  test("gives jobs only the rights that they name", () => {
    expect(text).toMatch(/^permissions:(?: \{\}|\n {2}contents: read)$/m);
  });

  test("runs scripts and tests that exist", () => {
    const run = [...text.matchAll(/pnpm@12 (?:run )?(\S+)/g)].map(([, name = ""]) => name);
    const own = run.filter((name) => !["install", "exec"].includes(name));
    expect(own.filter((name) => scripts[name] === undefined)).toEqual([]);
    const files = text.match(/(?<=\s)(?:packages|scripts|\.ci)\/[\w./-]*[\w-]/g) ?? [];
    expect(files.filter((file) => !file.endsWith("CHANGELOG.md") && !existsSync(join(root, file)))).toEqual(
      [],
    );
  });
});

test("the release runs only in the repository that npm trusts", () => {
  const release = readFileSync(join(folder, "release.yml"), "utf8");
  expect(release).toContain(`if: github.repository == '${new URL(repository).pathname.slice(1)}'`);
});

test("the proposed release has the changelogs, of which the first are new files", () => {
  const release = readFileSync(join(folder, "release.yml"), "utf8");
  expect(release).toMatch(/changeset version[\s\S]*git add --all\n\s*git commit/);
});
