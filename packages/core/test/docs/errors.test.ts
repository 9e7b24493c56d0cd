import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import type { ErrorFactory } from "../../src/errors/define-errors.ts";
import { coreErrorCodes } from "../../src/errors/errors.ts";
import { codeIn, readPage, root, sectionOf, tableRows } from "./_markdown.ts";

const page = readPage("docs/reference/errors.md");
const rows = tableRows(sectionOf(page, "Codes of @packetron/core"));

/** Packages with codes of their own: those with a table of errors. */
const folders = readdirSync(join(root, "packages")).filter((folder) => tableOf(folder) !== undefined);

/** Packages whose codes have a table on the page. */
const documented = [...page.matchAll(/^## Codes of @packetron\/(.+)$/gm)].map(([, folder = ""]) => folder);

describe("the table of errors", () => {
  test("has every code of the code, once, and no others", () => {
    expect(rows.map((row) => codeIn(row["code"])).toSorted()).toEqual([...coreErrorCodes].toSorted());
  });

  test("exists for no package without codes of its own", () => {
    expect(documented.filter((folder) => !folders.includes(folder))).toEqual([]);
  });
});

describe.each(folders.filter((folder) => folder !== "core"))("the README of @packetron/%s", (folder) => {
  test("has every code of the package", async () => {
    const readme = sectionOf(readPage(`packages/${folder}/README.md`), "Errors");
    const { codes } = await factoryOf(folder);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
  });
});

describe.each(documented)("the table of errors of @packetron/%s", (folder) => {
  test("has every code of the code, once, and no others", async () => {
    const { codes } = await factoryOf(folder);
    expect(
      rowsOf(folder)
        .map((row) => codeIn(row["code"]))
        .toSorted(),
    ).toEqual([...codes].toSorted());
  });

  test("has the status, the meaning and the remedy of each code", async () => {
    const factory = await factoryOf(folder);
    for (const row of rowsOf(folder)) {
      expect(row["status"], row["code"]).toBe(String(statusOf(factory, codeIn(row["code"])) ?? "–"));
      expect(row["meaning"]).not.toBe("");
      expect(row["what to do"]).not.toBe("");
    }
  });
});

function rowsOf(folder: string): Record<string, string>[] {
  return tableRows(sectionOf(page, `Codes of @packetron/${folder}`));
}

/** The result of `defineErrors()`, which every table of errors exports under a name such as `pluginError`. */
async function factoryOf(folder: string): Promise<ErrorFactory<unknown>> {
  const file = tableOf(folder);
  if (file === undefined) throw new Error(`@packetron/${folder} has no table of errors`);
  const names: object = await import(pathToFileURL(file).href);
  const factory = Object.values(names).find(isFactory);
  if (factory === undefined) throw new Error(`${file} exports nothing that defineErrors() made`);
  return factory;
}

function isFactory(value: unknown): value is ErrorFactory<unknown> {
  return typeof value === "function" && "codes" in value;
}

function statusOf(factory: ErrorFactory<unknown>, code: string): unknown {
  return Reflect.get(Reflect.apply(factory, undefined, [code, {}]), "status");
}

function tableOf(folder: string): string | undefined {
  return ["src/errors.ts", "src/errors/errors.ts"]
    .map((file) => join(root, "packages", folder, file))
    .find((file) => existsSync(file));
}
