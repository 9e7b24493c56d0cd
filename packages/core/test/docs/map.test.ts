import { existsSync, readdirSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { codeIn, linksOf, readPage, root, sectionOf, tableRows } from "./_markdown.ts";

const page = "docs/guide/map.md";
const sources = join("packages", "core", "src");

describe("the map of the code", () => {
  test("has a row for every folder of core, and no others", () => {
    const files = readdirSync(join(root, sources), { recursive: true, encoding: "utf8" });
    const folders = new Set(files.filter((file) => file.endsWith(".ts")).map((file) => dirname(file)));
    folders.delete("."); // index.ts
    const rows = tableRows(sectionOf(readPage(page), "Folders")).map((row) => codeIn(row["folder"]));
    expect(rows.toSorted()).toEqual(
      [...folders].map((folder) => `${folder.replaceAll("\\", "/")}/`).toSorted(),
    );
  });

  test("links each row to its folder and to files of that folder", () => {
    const rows = tableRows(sectionOf(readPage(page), "Folders"));
    for (const row of rows) {
      const folder = join(sources, codeIn(row["folder"]));
      const [own, ...files] = linksOf(Object.values(row).join(" ")).map((link) => join(dirname(page), link));
      expect(`${own}${sep}`).toBe(folder);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files)
        expect([dirname(file) + sep, existsSync(join(root, file))]).toEqual([folder, true]);
    }
  });

  test("fits on a page: 80 lines", () => {
    expect(readPage(page).trimEnd().split("\n").length).toBeLessThanOrEqual(80);
  });

  test.each(["request.svg", "drain.svg"])("%s names only files that exist", (picture) => {
    const names = [...readPage(join("docs", "guide", picture)).matchAll(/[\w-]+(?:\/[\w-]+)*\.ts/g)].map(
      ([name]) => name,
    );
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !existsSync(join(root, sources, name)))).toEqual([]);
  });
});
