import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { assertFlags } from "../../src/capability/index.ts";
import {
  type CapabilityHost,
  type FlagFamily,
  isPacketronError,
  Packetron,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronServerFlags,
} from "../../src/index.ts";
import { codeIn, readPage, root, sectionOf, tableRows } from "./_markdown.ts";

const page = readPage("docs/reference/flags.md");

const families: readonly (readonly [string, FlagFamily, Readonly<Record<string, number>>])[] = [
  ["PacketronServerFlags", "server", PacketronServerFlags],
  ["PacketronHandlerFlags", "handler", PacketronHandlerFlags],
  ["PacketronFileRouterFlags", "file", PacketronFileRouterFlags],
];

describe.each(families)("the table of %s", (heading, family, bits) => {
  const rows = tableRows(sectionOf(page, heading));

  test("has the bits of the code, each under its name, and no others", () => {
    const documented = Object.fromEntries(
      rows.map((row) => [codeIn(row["name"]), toBit(codeIn(row["bit"]))]),
    );
    expect(documented).toEqual({ ...bits });
  });

  test("names the same package to install for each bit as the registry", () => {
    const host = createHost();
    const documented = Object.fromEntries(
      rows.map((row) => [codeIn(row["name"]), codeIn(row["needs"]) || "nothing"]),
    );
    const actual = Object.fromEntries(
      Object.entries(bits).map(([name, bit]) => [name, packageFor(host, family, bit)]),
    );
    expect(documented).toEqual(actual);
  });

  test("marks exactly those packages as planned that are not in the repository", () => {
    for (const { needs = "" } of rows) {
      const folder = codeIn(needs).replace("@packetron/", "");
      if (folder !== "")
        expect([needs, !needs.includes("to come")]).toEqual([
          needs,
          existsSync(join(root, "packages", folder)),
        ]);
    }
  });
});

test("the registry has bits from 20 to 30 in their order, and no name twice", () => {
  const registered = tableRows(readPage("docs/reference/registry.md")).map((row) => ({
    bit: toBit(codeIn(row["bit"])),
    name: codeIn(row["name"]),
  }));
  const names = registered.map(({ name }) => name);
  expect(registered.filter(({ bit, name }) => !(bit >= 1 << 20 && /^[A-Z0-9_]+$/.test(name)))).toEqual([]);
  expect(registered.toSorted((one, other) => one.bit - other.bit)).toEqual(registered);
  expect(new Set(names).size).toBe(names.length);
});

/** Parses the text of a bit: `"1 << 5"` gives 32. */
function toBit(text: string): number {
  const [, shift] = /^1 << (\d+)$/.exec(text) ?? [];
  return shift === undefined ? Number.NaN : 1 << Number(shift);
}

/** The host of a server without other capabilities. */
function createHost(): CapabilityHost {
  const hosts: CapabilityHost[] = [];
  new Packetron({ maxThreads: 1, capabilities: [{ name: "probe", install: (host) => hosts.push(host) }] });
  const [host] = hosts;
  if (host === undefined) throw new Error("install() was not called");
  return host;
}

/** The package that the refusal of a bit names, or `"nothing"` when core accepts the bit. */
function packageFor(host: CapabilityHost, family: FlagFamily, bit: number): string {
  try {
    assertFlags(host, family, bit);
    return "nothing";
  } catch (error) {
    if (!isPacketronError(error, "PKT_FLAG_UNCLAIMED")) throw error;
    return /needs (\S+):/.exec(error.message)?.[1] ?? "";
  }
}
