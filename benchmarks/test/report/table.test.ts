import { describe, expect, test } from "vitest";
import { summarise } from "../../report/summary.ts";
import { cellsOf, toColumns, toMarkdown } from "../../report/table.ts";
import { makeResult } from "./_results.ts";

const SHORT = { details: false, withEnds: false } as const;

describe("cellsOf()", () => {
  test("has a row for each contestant: its medians, and its first figure relative to the subject's", () => {
    const summary = summarise(makeResult({ packetron: [10, 12], fastify: [20, 20] }), "packetron");
    expect(cellsOf(summary, SHORT)).toEqual([
      ["", "CPU per request, µs", "relative", "requests per second", "p99 at 70 % load, ms"],
      ["Title of packetron", "11.0", "", "1,000", "3.00"],
      ["Title of fastify", "20.0", "1.83", "1,000", "3.00"],
    ]);
  });

  test("has the details, and the lowest and the highest round, on demand", () => {
    const summary = summarise(makeResult({ packetron: [10, 12], fastify: [20, 20] }), "packetron");
    const [head, , row] = cellsOf(summary, { details: true, withEnds: true });
    expect(head).toContain("p99 at full load, ms");
    expect(row?.slice(0, 4)).toEqual([
      "Title of fastify",
      "20.0 (20.0 – 20.0)",
      "1.83 (1.67 – 2.00)",
      "1,000",
    ]);
  });

  test("compares the next metric when the CPU time is not available", () => {
    const summary = summarise(makeResult({ packetron: [null], fastify: [null] }), "packetron");
    const [head, , row] = cellsOf(summary, SHORT);
    expect(head?.slice(1, 4)).toEqual(["requests per second", "relative", "CPU per request, µs"]);
    expect(row?.slice(1, 4)).toEqual(["1,000", "1.00", "–"]);
  });

  test("compares nothing without the subject", () => {
    const summary = summarise(makeResult({ fastify: [20] }), "packetron");
    expect(cellsOf(summary, SHORT)[1]?.[2]).toBe("");
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
