/** Tests of the links of packed READMEs, and of the archives in which they are changed. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { repository } from "../_packages.ts";
import { withAbsoluteLinks } from "../_readme.ts";
import { replaceFile, unpackedSize } from "../_tar.ts";

test.each([
  ["a folder", "[core](../core)", `[core](${repository}/tree/HEAD/packages/core)`],
  [
    "a file",
    "[the `index`](src/index.ts)",
    `[the \`index\`](${repository}/blob/HEAD/packages/cors/src/index.ts)`,
  ],
  [
    "a heading of a page",
    "[a](../../docs/guide/browsers.md#security-headers)",
    `[a](${repository}/blob/HEAD/docs/guide/browsers.md#security-headers)`,
  ],
  [
    "a picture",
    "![a drain](../../docs/guide/drain.svg)",
    `![a drain](${repository}/raw/HEAD/docs/guide/drain.svg)`,
  ],
  [
    "two in a line",
    "[a](../core), [b](../cli)",
    `[a](${repository}/tree/HEAD/packages/core), [b](${repository}/tree/HEAD/packages/cli)`,
  ],
  ["a heading of the same page", "[a](#options)", "[a](#options)"],
  ["an address", "[a](https://example.org)", "[a](https://example.org)"],
  ["code", "`[a](../core)`", "`[a](../core)`"],
  ["a block of code", "```md\n[a](../core)\n```", "```md\n[a](../core)\n```"],
])("a link of a README to %s", (_name, text, expected) => {
  expect(withAbsoluteLinks(text, "packages/cors")).toBe(expected);
});

test("a link to nothing is an error, so that no package is packed with it", () => {
  expect(() => withAbsoluteLinks("[a](../nothing)", "packages/cors")).toThrow("ENOENT");
});

test.each([0, 1, 511, 512, 513, 5_000])(
  "tar reads an archive in which a file has %i other bytes",
  (length) => {
    const folder = mkdtempSync(join(tmpdir(), "packetron-tar-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "one.txt"), "one");
    writeFileSync(join(folder, "two.txt"), "two");
    const tar = (...args: readonly string[]): string => execFileSync("tar", args, { cwd: folder }).toString();
    tar("--format=ustar", "-cf", "a.tar", "one.txt", "two.txt");
    const changed = replaceFile(readFileSync(join(folder, "a.tar")), "one.txt", () => "x".repeat(length));
    writeFileSync(join(folder, "b.tar"), changed);
    expect(tar("-xOf", "b.tar", "one.txt")).toBe("x".repeat(length));
    expect(tar("-xOf", "b.tar", "two.txt")).toBe("two");
    expect(unpackedSize(changed)).toBe(length + 3);
    expect(() => replaceFile(changed, "three.txt", String)).toThrow("there is no three.txt");
  },
);
