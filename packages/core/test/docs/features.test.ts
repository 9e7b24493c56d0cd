/**
 * Checks the table of features: every row names an existing test, and every public name of the packages has a row. A
 * package may have its rows in a page `test/features.md` of its own, under the same headings.
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { sections } from "./_features.ts";
import { codeIn, readPage, root, sectionOf, tableRows } from "./_markdown.ts";

const folders = readdirSync(join(root, "packages"));
const pages = [
  "docs/reference/features.md",
  ...folders.map((folder) => `packages/${folder}/test/features.md`),
]
  .filter((path) => existsSync(join(root, path)))
  .map((path) => ({ path, text: readPage(path) }));
/** The rows of all pages, each with the path of its page. */
const rows = pages.flatMap(({ path, text }) =>
  tableRows(text).map((row): Record<string, string> => ({ ...row, path })),
);

describe("the table of features", () => {
  test("has a row for every part of the original's README, and says which rows are new", () => {
    const origins = rows.map((row) => row["original"]);
    expect(origins.filter((origin) => origin !== "yes" && origin !== "new")).toEqual([]);
    expect(origins.filter((origin) => origin === "yes").length).toBeGreaterThan(150);
  });

  test("names a package of this repository in every row", () => {
    const strays = rows.filter((row) => {
      const names = [...(row["package"] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
      return names.length === 0 || names.some((name) => !folders.includes(name.replace("@packetron/", "")));
    });
    expect(strays).toEqual([]);
  });

  test("names an existing test in every row, by its file and a part of its title", () => {
    const unproven = rows.map((row) => [row["feature"], problemOf(row)]);
    expect(unproven.filter(([, problem]) => problem !== "")).toEqual([]);
  });

  test.each(Object.entries(sections))(
    "has all public names of the packages in %s, and no others",
    (heading, names) => {
      const documented = rowsUnder(heading).map((row) => codeIn(row["feature"]));
      expect([...new Set(documented.map(toName))].toSorted()).toEqual([...new Set(names)].toSorted());
    },
  );
});

/** The rows of all pages under a heading. */
function rowsUnder(heading: string): Record<string, string>[] {
  return pages
    .filter(({ text }) => text.includes(`\n## ${heading}\n`))
    .flatMap(({ text }) => tableRows(sectionOf(text, heading)));
}

/** The last name in a piece of code: `"handle"` for `"server.handle(options)"`, `"GET"` for `"PacketronRequestMethod.GET"`. */
function toName(code: string): string {
  return code.replace(/\(.*/, "").replace(/^.*\./, "");
}

/** The problem with the last cell of a row, or `""`. The cell has a link to a test file and part of a title in quotes. */
function problemOf({ path = "", test: cell = "" }: Record<string, string>): string {
  const [, link = "", title = ""] = /\]\(([^)]+\.test(?:-d)?\.ts)\) "([^"]+)"$/.exec(cell) ?? [];
  if (title.length < 10) return `no test: ${cell}`;
  const file = join(dirname(path), link);
  if (!existsSync(join(root, file))) return `${file} does not exist`;
  return titlesOf(file).some((candidate) => candidate.includes(title))
    ? ""
    : `${file} has no test "${title}"`;
}

const titles = new Map<string, string[]>();

/** The titles of tests and of rows in their tables: texts after an opening bracket or after `name:`. */
function titlesOf(file: string): string[] {
  const known = titles.get(file);
  if (known !== undefined) return known;
  const found = [...readPage(file).matchAll(/(?:[([]|name:)\s*(?:"([^"\n]+)"|'([^'\n]+)'|`([^`\n]+)`)/g)];
  const all = found.map(([, double, single, template]) => double ?? single ?? template ?? "");
  titles.set(file, all);
  return all;
}
