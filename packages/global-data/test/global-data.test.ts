import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Capability, Packetron, PacketronServerFlags, type ServerOptions } from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { globalData } from "../src/index.ts";

// All tests of this file use one directory, because a process looks up the directory of a namespace only once.
const parent = mkdtempSync(join(realpathSync(tmpdir()), "packetron-global-data-"));
const before = process.env["TMPDIR"];
const directory = join(parent, `.packetroninternal-${process.geteuid?.()}`);

beforeAll(() => {
  process.env["TMPDIR"] = parent;
});

afterAll(() => {
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  rmSync(parent, { recursive: true });
});

describe("globalData() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(globalData)) test(name, run);
});

test("a key without a value is undefined, and so is one whose value is undefined or was deleted", () => {
  const server = createServer({ globalDataNamespace: "missing" });
  expect(server.getGlobalData("key")).toBeUndefined();
  server.setGlobalData("key", undefined);
  expect(server.getGlobalData("key")).toBeUndefined();
  server.setGlobalData("key", 1);
  expect([server.deleteGlobalData("key"), server.deleteGlobalData("key")]).toEqual([true, false]);
  expect(server.getGlobalData("key")).toBeUndefined();
});

test("a value that is set before the start can be read while the server runs and after it has stopped", async () => {
  const server = createServer({ globalDataNamespace: "life" });
  server.setGlobalData("key", { list: [1, "b", null] });
  await server.start();
  expect(server.getGlobalData("key")).toEqual({ list: [1, "b", null] });
  await server.stop();
  expect(server.getGlobalData("key")).toEqual({ list: [1, "b", null] });
});

test("an update passes the value to the function, and returns the new value", () => {
  const server = createServer({ globalDataNamespace: "update" });
  expect(server.updateGlobalData("hits", (hits) => Number(hits ?? 0) + 1)).toBe(1);
  expect(server.updateGlobalData("hits", (hits) => Number(hits ?? 0) + 1)).toBe(2);
  expect(server.getGlobalData("hits")).toBe(2);
});

test("two servers with one namespace share their values, those with another do not", () => {
  const [one, same] = [
    createServer({ globalDataNamespace: "shop" }),
    createServer({ globalDataNamespace: "shop" }),
  ];
  const other = createServer({ globalDataNamespace: "Shop" });
  one.setGlobalData("key", 1);
  expect([same.getGlobalData("key"), other.getGlobalData("key")]).toEqual([1, undefined]);
  same.setGlobalData("key", 2);
  other.setGlobalData("key", 3);
  expect([one, same, other].map((server) => server.getGlobalData("key"))).toEqual([2, 2, 3]);
});

test.each(["../../escape", "a/b", ".", "..", "a\0b", "CON", "é".repeat(300), "a.bson", "%2e%2e"])(
  "the namespace %j has its own file in the directory",
  (globalDataNamespace) => {
    const earlier = new Set(readdirSync(directory));
    const server = createServer({ globalDataNamespace });
    server.setGlobalData("key", globalDataNamespace);
    expect(server.getGlobalData("key")).toBe(globalDataNamespace);
    const added = readdirSync(directory).filter((name) => !earlier.has(name));
    expect(added).toEqual([expect.stringMatching(/^[a-z\d_~-]{1,64}\.bson$/)]);
  },
);

test("servers that share values can differ in globalDataDurability", () => {
  const lasting = createServer({ globalDataNamespace: "power", globalDataDurability: "power" });
  const fast = createServer({ globalDataNamespace: "power", globalDataDurability: "process" });
  lasting.setGlobalData("key", 1);
  expect(fast.updateGlobalData("key", (value) => Number(value) + 1)).toBe(2);
  expect(lasting.getGlobalData("key")).toBe(2);
});

describe("with NO_GLOBAL_DATA", () => {
  const flags = PacketronServerFlags.NO_GLOBAL_DATA;

  test("the methods work within the process, and there is no file", () => {
    const server = createServer({ globalDataNamespace: "inside", flags });
    const same = createServer({ globalDataNamespace: "inside", flags });
    server.setGlobalData("key", { a: [undefined] });
    expect(same.updateGlobalData("key", (value) => [value])).toEqual([{ a: [undefined] }]);
    expect(server.getGlobalData("key")).toEqual([{ a: [undefined] }]);
    expect(server.deleteGlobalData("key")).toBe(true);
    expect(existsSync(join(directory, "inside.bson"))).toBe(false);
  });

  test("getGlobalData() does not read the values that other processes share", () => {
    createServer({ globalDataNamespace: "both" }).setGlobalData("key", 1);
    const server = createServer({ globalDataNamespace: "both", flags });
    expect(server.getGlobalData("key")).toBeUndefined();
  });

  test("the methods refuse the same keys and values, and nested changes", () => {
    const server = createServer({ globalDataNamespace: "inside", flags });
    expect(() => server.setGlobalData("key", new Map())).toThrow("an instance of Map");
    expect(() => server.setGlobalData("a\0", 1)).toThrow("NUL");
    expect(() => server.updateGlobalData("key", () => server.setGlobalData("other", 1))).toThrow(
      expect.objectContaining({ code: "PKT_GLOBAL_DATA_NESTED" }),
    );
  });

  test("a returned value is a copy", () => {
    const server = createServer({ globalDataNamespace: "inside", flags });
    server.setGlobalData("list", [1]);
    Object(server.getGlobalData("list")).push(2);
    expect(server.getGlobalData("list")).toEqual([1]);
  });
});

test.each<[string, object, string]>([
  ["globalDataNamespace", { globalDataNamespace: "" }, '"globalDataNamespace": got "", expected a name'],
  ["globalDataNamespace", { globalDataNamespace: 7 }, '"globalDataNamespace": got 7, expected a name'],
  [
    "globalDataDurability",
    { globalDataDurability: "disk" },
    '"globalDataDurability": got "disk", expected "process" or "power"',
  ],
  ["globalDataDurability", { globalDataDurability: true }, '"globalDataDurability": got true, expected'],
])("a wrong %s is refused in the constructor: %j", (_, options, message) => {
  const create = (): unknown => Reflect.construct(Packetron, [{ capabilities: [globalData()], ...options }]);
  expect(create).toThrow(expect.objectContaining({ code: "PKT_OPTION_INVALID" }));
  expect(create).toThrow(message);
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "5"])(
  "a lockTimeout of %j is refused",
  (lockTimeout) => {
    expect(() => Reflect.apply(globalData, undefined, [{ lockTimeout }])).toThrow(
      expect.objectContaining({ code: "PKT_OPTION_INVALID" }),
    );
  },
);

function createServer(options: ServerOptions): Packetron {
  const capabilities: Capability[] = [globalData()];
  return new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    ...options,
    flags: PacketronServerFlags.SILENCE_INTERNAL_LOGS | (options.flags ?? 0),
    capabilities,
  });
}
