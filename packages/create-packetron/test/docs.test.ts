/** Compares the tables of the README with the code. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { options } from "../src/arguments.ts";
import { ExitCode } from "../src/exit-code.ts";
import { templateNames } from "../src/templates.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** The first cells of the rows whose first cell begins like this. */
function cells(start: RegExp): string[] {
  const rows = readme.split("\n").filter((line) => line.startsWith("| "));
  return rows.map((row) => row.split("|")[1]?.trim() ?? "").filter((cell) => start.test(cell));
}

describe("the README", () => {
  test("has every option, and no others", () => {
    const documented = cells(/^`-/).map((cell) => /--([a-z-]+)/.exec(cell)?.[1]);
    expect(documented).toEqual(Object.keys(options));
  });

  test("has every template, and no others", () => {
    expect(cells(/^`[a-z]/)).toEqual(templateNames.map((name) => `\`${name}\``));
  });

  test("has every exit code, and no others", () => {
    expect(cells(/^\d+$/).map(Number)).toEqual(Object.values(ExitCode));
  });
});
