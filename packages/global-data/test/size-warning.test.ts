import type { Logger } from "@packetron/core";
import { expect, test } from "vitest";
import { SizeWarning } from "../src/size-warning.ts";
import type { Stored } from "../src/value.ts";
import { createValues, openValues, WRITING } from "./_folder.ts";

const KEYS = 1_000;
const MIB = 1024 * 1024;

test.each([
  [KEYS - 1, MIB - 1, 0],
  [KEYS, 1, 1],
  [KEYS + 1, 1, 1],
  [1, MIB, 1],
  [1, MIB + 1, 1],
  [KEYS, MIB, 1],
])("a store of %d keys and %d bytes makes %d warning(s)", (keys, bytes, expected) => {
  const { logger, lines } = recordLines();
  new SizeWarning().check(logger, bytes, dataOf(keys));
  expect(lines).toHaveLength(expected);
  for (const { fields, message } of lines) {
    expect(fields).toEqual({ keys, bytes });
    expect(message).toContain("a database such as Redis");
  }
});

test("a process warns only once", () => {
  const { logger, lines } = recordLines();
  const warning = new SizeWarning();
  for (let round = 0; round < 3; round++) warning.check(logger, 2 * MIB, dataOf(1));
  expect(lines).toHaveLength(1);
});

test("a store reports its size to its writer and to its readers, once for each content", () => {
  const sizes: (readonly [who: string, keys: number])[] = [];
  const watch = (who: string) => (bytes: number, data: Readonly<Record<string, Stored>>) => {
    expect(bytes).toBeGreaterThan(1_000);
    sizes.push([who, Object.keys(data).length]);
  };
  const { values: writer, places } = createValues({ onContent: watch("writer") });
  const reader = openValues(places, { onContent: watch("reader") });
  writer.set("a", "x".repeat(1_000), WRITING);
  writer.set("b", 1, WRITING);
  reader.get("a");
  reader.get("b");
  expect(sizes.slice(-3)).toEqual([
    ["writer", 1],
    ["writer", 2],
    ["reader", 2],
  ]);
});

function dataOf(keys: number): Record<string, Stored> {
  return Object.fromEntries(Array.from({ length: keys }, (_, index) => [`key${index}`, index]));
}

function recordLines(): { readonly logger: Logger; readonly lines: { fields: object; message: string }[] } {
  const lines: { fields: object; message: string }[] = [];
  const fail = (): never => {
    throw new Error("only warnings are expected");
  };
  const warn = (fields: object, message: string): void => void lines.push({ fields, message });
  return { logger: { debug: fail, info: fail, warn, error: fail }, lines };
}
