import { describe, expect, test } from "vitest";
import { coreRouteOptions, coreServerOptions, resolveServerSettings } from "../../src/settings.ts";
import { sections } from "./_features.ts";
import { codeIn, readPage, sectionOf, tableRows } from "./_markdown.ts";

const page = readPage("docs/reference/options.md");

describe("the table of server options", () => {
  const rows = tableRows(sectionOf(page, "Server options"));

  test("has every option of the code, once, and no others", () => {
    expect(rows.map((row) => codeIn(row["option"])).toSorted()).toEqual([...coreServerOptions].toSorted());
  });

  test("says the default of each option that has a constant one", () => {
    const settings = resolveServerSettings({});
    const constants = Object.entries(settings).filter(([, value]) => value !== undefined);
    const documented = rows.map((row): [string, unknown] => [
      codeIn(row["option"]),
      toValue(codeIn(row["default"])),
    ]);
    const named = new Map(documented);
    expect(Object.fromEntries(constants.map(([key]) => [key, named.get(key)]))).toEqual(
      Object.fromEntries(constants),
    );
  });
});

describe("the table of route options", () => {
  test("has every option of the code, once, and no others", () => {
    const rows = tableRows(sectionOf(page, "Route options"));
    expect(rows.map((row) => codeIn(row["option"])).toSorted()).toEqual([...coreRouteOptions].toSorted());
  });
});

describe("the tables of options of the other packages", () => {
  test.each([
    ["Server options of capabilities", without(sections["Server options"], coreServerOptions)],
    ["Route options of capabilities", without(sections["Route options"], coreRouteOptions)],
    ["Multipart options", sections["Multipart options"] ?? []],
    ["Options of served files", sections["Static files"] ?? []],
    ["Options of capabilities", sections["Options of capabilities"] ?? []],
  ])("%s: has every option of the code, once, and no others", (heading, options) => {
    const documented = tableRows(sectionOf(page, heading)).map((row) => codeIn(row["option"]));
    expect(documented.toSorted()).toEqual([...new Set(options)].toSorted());
  });
});

function without(names: readonly string[] = [], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name));
}

/** A literal as the page writes it: `"direct"`, `16,777,216`. */
function toValue(literal: string): unknown {
  const number = literal.replaceAll(",", "");
  return /^\d+$/.test(number) ? Number(number) : literal.startsWith('"') ? JSON.parse(literal) : literal;
}
