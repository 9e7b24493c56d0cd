import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { linksOf, readPage, root } from "./_markdown.ts";

const page = "docs/guide/map.md";
const sources = join("packages", "core", "src");
const linked = new Set(linksOf(readPage(page)).map((link) => join(dirname(page), link)));

describe("the map of the house", () => {
  test("names every source file of core; only files that their folder keeps to itself may be missing", () => {
    const files = readdirSync(join(root, sources), { recursive: true, encoding: "utf8" });
    const rooms = files
      .filter((file) => /(?:^|[\\/])[^_\\/]+\.ts$/.test(file))
      .map((file) => join(sources, file));
    expect(rooms.length).toBeGreaterThan(20);
    expect(rooms.filter((room) => !linked.has(room))).toEqual([]);
  });

  test.each(["request.svg", "drain.svg"])("%s carries names of files that exist", (picture) => {
    const names = [...readPage(join("docs", "guide", picture)).matchAll(/[\w-]+(?:\/[\w-]+)*\.ts/g)].map(
      ([name]) => name,
    );
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !existsSync(join(root, sources, name)))).toEqual([]);
  });
});
