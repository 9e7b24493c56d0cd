import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { coreError, coreErrorCodes } from "../../src/errors/errors.ts";
import { codeIn, readPage, root, sectionOf, tableRows } from "./_markdown.ts";

const page = readPage("docs/reference/errors.md");
const rows = tableRows(sectionOf(page, "Codes of @packetron/core"));

/** Packages with codes of their own: those with a table of errors. */
const folders = readdirSync(join(root, "packages")).filter((folder) => tableOf(folder) !== undefined);

describe("the table of errors", () => {
  test("has every code of the code, once, and no others", () => {
    expect(rows.map((row) => codeIn(row["code"])).toSorted()).toEqual([...coreErrorCodes].toSorted());
  });

  test.each(coreErrorCodes)("says the status of %s", (code) => {
    const row = rows.find((candidate) => codeIn(candidate["code"]) === code);
    expect(row?.["status"]).toBe(String(coreError(code).status ?? "–"));
  });

  test("is there for each package with codes of its own, and for no other", () => {
    const documented = [...page.matchAll(/^## Codes of @packetron\/(.+)$/gm)].map(([, folder]) => folder);
    expect(documented.toSorted()).toEqual(folders.toSorted());
  });
});

describe.each(folders)("the table of errors of @packetron/%s", (folder) => {
  test("has every code of the code, once, and no others", async () => {
    const documented = rowsOf(folder).map((row) => codeIn(row["code"]));
    expect(documented.toSorted()).toEqual((await codesOf(folder)).toSorted());
  });

  test("says of each code its status, what it means and what to do", () => {
    for (const row of rowsOf(folder)) {
      expect(row["status"]).toMatch(/^(–|[45]\d\d)$/);
      expect(row["meaning"]).not.toBe("");
      expect(row["what to do"]).not.toBe("");
    }
  });
});

function rowsOf(folder: string): Record<string, string>[] {
  return tableRows(sectionOf(page, `Codes of @packetron/${folder}`));
}

/** The list that every table of errors exports under a name such as `pluginErrorCodes`. */
async function codesOf(folder: string): Promise<string[]> {
  const file = tableOf(folder);
  if (file === undefined) throw new Error(`@packetron/${folder} has no table of errors`);
  const names: object = await import(pathToFileURL(file).href);
  const [, codes] = Object.entries(names).find(([name]) => name.endsWith("ErrorCodes")) ?? [];
  if (!Array.isArray(codes)) throw new Error(`${file} exports no list of its codes`);
  return codes;
}

function tableOf(folder: string): string | undefined {
  return ["src/errors.ts", "src/errors/errors.ts"]
    .map((file) => join(root, "packages", folder, file))
    .find((file) => existsSync(file));
}
