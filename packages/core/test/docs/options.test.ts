import { describe, expect, test, vi } from "vitest";
import { resolveLimits } from "../../../body-xml/src/limits.ts";
import { DELAYS } from "../../../global-data/src/wait.ts";
import { resolveSettings as resolveHealthSettings } from "../../../health/src/options.ts";
import { defaultSettings as multipartDefaults } from "../../../multipart/src/options.ts";
import { resolveSettings as resolveOverloadSettings } from "../../../overload/src/options.ts";
import { resolveSettings as resolveStaticSettings } from "../../../static/src/options.ts";
import { coreRouteOptions, coreServerOptions, resolveServerSettings } from "../../src/config/settings.ts";
import { capabilityPackages } from "../_capabilities.ts";
import { sections } from "./_features.ts";
import { codeIn, readPage, sectionOf, tableRows } from "./_markdown.ts";

const page = readPage("docs/reference/options.md");

describe("the table of server options", () => {
  const rows = tableRows(sectionOf(page, "Server options"));

  test("has every option of the code, once, and no others", () => {
    expect(rows.map((row) => codeIn(row["option"])).toSorted()).toEqual([...coreServerOptions].toSorted());
  });

  test("has the default of each option with a constant default", () => {
    vi.stubEnv("PACKETRON_DISPATCH", undefined);
    const settings = resolveServerSettings({});
    vi.unstubAllEnvs();
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

describe.each([
  ["Server options of capabilities", "serverOptions"],
  ["Route options of capabilities", "routeOptions"],
] as const)("the table of %s", (heading, kind) => {
  const documented = tableRows(sectionOf(page, heading)).map((row) => codeIn(row["option"]));

  test("has no option twice, and none that no package claims", () => {
    const claimed = capabilityPackages.flatMap(({ claims }) => claims[kind]);
    expect(documented.filter((option, index) => documented.indexOf(option) !== index)).toEqual([]);
    expect(documented.filter((option) => !claimed.includes(option))).toEqual([]);
  });

  test.each(capabilityPackages)("or the README of $name has its options", ({ folder, claims }) => {
    const readme = sectionOf(readPage(`packages/${folder}/README.md`), "Options");
    const missing = claims[kind].filter(
      (name) => !documented.includes(name) && !readme.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
  });
});

describe("the tables of options of the other packages", () => {
  test.each([
    ["Multipart options", sections["Multipart options"] ?? []],
    ["Options of served files", sections["Static files"] ?? []],
    ["Rate limit options", sections["Rate limit options"] ?? []],
    ["Health options", sections["Health options"] ?? []],
    ["Overload options", sections["Overload options"] ?? []],
    ["Metrics options", sections["Metrics options"] ?? []],
    ["Compress options", sections["Compress options"] ?? []],
    ["CORS options", sections["CORS options"] ?? []],
    ["Options of capabilities", sections["Options of capabilities"] ?? []],
  ])("%s: has every option of the code, once, and no others", (heading, options) => {
    const documented = tableRows(sectionOf(page, heading)).map((row) => codeIn(row["option"]));
    expect(documented.toSorted()).toEqual([...new Set(options)].toSorted());
  });

  test.each([
    ["Multipart options", multipartDefaults],
    ["Health options", resolveHealthSettings({})],
    ["Overload options", { retryAfter: resolveOverloadSettings({ maxRequestsInFlight: 1 }).retryAfter }],
    [
      "Options of capabilities",
      { ...resolveStaticSettings({}), ...resolveLimits({}), lockTimeout: DELAYS.lockTimeout },
    ],
  ])("%s: has the default of each limit", (heading, defaults) => {
    const limits = Object.entries(defaults).filter(([, value]) => typeof value === "number");
    const rows = tableRows(sectionOf(page, heading)).map((row): [string, unknown] => [
      codeIn(row["option"]),
      toValue(codeIn(row["default"])),
    ]);
    expect(Object.fromEntries(rows)).toMatchObject(Object.fromEntries(limits));
  });
});

/** The value of a literal as the page writes it: `"direct"`, `16,777,216`. */
function toValue(literal: string): unknown {
  const number = literal.replaceAll(",", "");
  return /^\d+$/.test(number) ? Number(number) : literal.startsWith('"') ? JSON.parse(literal) : literal;
}
