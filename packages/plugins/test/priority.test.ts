import { expect, test } from "vitest";
import { PacketronPluginPriority } from "../src/index.ts";

test.each<readonly [value: number, names: readonly (keyof typeof PacketronPluginPriority)[]]>([
  [0, ["EXTEMELY_LOW", "EXTREMELY_LOW"]],
  [1, ["VERY_LOW"]],
  [2, ["LOW"]],
  [3, ["MEDIUM_LOW"]],
  [4, ["MEDIUM"]],
  [5, ["MEDIUM_HIGH"]],
  [6, ["HIGH"]],
  [7, ["VERY_HIGH"]],
  [8, ["EXTEMELY_HIGH", "EXTREMELY_HIGH"]],
])("priority %i has the names %s", (value, names) => {
  const found = Object.entries(PacketronPluginPriority).filter(([, number]) => number === value);
  expect(found.map(([name]) => name)).toEqual(names);
});

test("there are no other priorities, and the object is frozen", () => {
  expect(Object.keys(PacketronPluginPriority)).toHaveLength(11);
  expect(Object.isFrozen(PacketronPluginPriority)).toBe(true);
});
