import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { anchorsOf, linksOf, markdownFiles, readPage, root } from "./_markdown.ts";

const pages = markdownFiles();

describe("relative links of every Markdown page", () => {
  test("finds the pages of the repository", () => {
    expect(pages).toContain("README.md");
    expect(pages).toContain(join("docs", "guide", "map.md"));
  });

  test.each(pages)("%s points at files and headings that exist", (page) => {
    expect(linksOf(readPage(page)).filter((link) => isBroken(page, link))).toEqual([]);
  });
});

describe("the index of the documentation", () => {
  test("has a link to every page of docs/", () => {
    const index = new Set(linksOf(readPage("docs/README.md")).map((link) => join("docs", link)));
    const others = pages.filter((page) => page.startsWith("docs") && page !== join("docs", "README.md"));
    expect(others.filter((page) => !index.has(page))).toEqual([]);
  });
});

/** Whether a relative link has no target. */
function isBroken(page: string, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return false;
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page : join(dirname(page), file);
  if (target.startsWith("..") || !existsSync(join(root, target))) return true;
  return anchor !== undefined && !anchorsOf(readPage(target)).has(anchor);
}
