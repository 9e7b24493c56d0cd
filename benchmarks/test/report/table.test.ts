import { describe, expect, test } from "vitest";
import { summarise } from "../../report/summary.ts";
import { cellsOf, toColumns, toMarkdown } from "../../report/table.ts";
import { makeResult } from "./_results.ts";

describe("cellsOf()", () => {
  test("has a row for each contestant: its figures with the extremes, and the ratio of the subject to it", () => {
    const summary = summarise(makeResult({ packetron: [10, 12], fastify: [20, 20] }), "packetron");
    expect(cellsOf(summary, "Packetron").slice(1)).toEqual([
      ["Title of packetron", "11.0 (10.0 – 12.0)", "1000", "1.00", "2.00", ""],
      ["Title of fastify", "20.0 (20.0 – 20.0)", "1000", "1.00", "2.00", "0.55 (0.50 – 0.60)"],
    ]);
  });

  test("says that the CPU time is not available, and compares the next metric", () => {
    const summary = summarise(makeResult({ packetron: [null], fastify: [null] }), "packetron");
    const [head, , row] = cellsOf(summary, "Packetron");
    expect(row?.[1]).toBe("not available");
    expect(head?.at(-1)).toBe("Packetron: requests per second, ratio");
    expect(row?.at(-1)).toBe("1.00 (1.00 – 1.00)");
  });

  test("has no ratios without the subject", () => {
    const summary = summarise(makeResult({ fastify: [20] }), "packetron");
    expect(cellsOf(summary, "Packetron")[1]?.at(-1)).toBe("");
  });
});

test("toMarkdown() makes a table with right-aligned numbers", () => {
  expect(
    toMarkdown([
      ["", "a"],
      ["x", "1"],
    ]),
  ).toBe("|  | a |\n| --- | ---: |\n| x | 1 |");
});

test("toColumns() aligns the columns", () => {
  expect(
    toColumns([
      ["", "long"],
      ["name", "1"],
    ]),
  ).toBe("      long\nname     1");
});
