import { expect, test } from "vitest";
import { printable, toColumns } from "../src/table.ts";

test("columns are as wide as their widest cell, two blanks apart, numbers to the right", () => {
  const rows = [
    ["worker", "state", "n"],
    ["1", "ready", "100"],
    ["12", "", "7"],
  ];
  expect(toColumns(rows, ["right", "left", "right"])).toEqual([
    "worker  state    n",
    "     1  ready  100",
    "    12           7",
  ]);
});

test("a line has no blanks at its end", () => {
  expect(
    toColumns([
      ["a", "b"],
      ["a long cell", ""],
    ]),
  ).toEqual(["a            b", "a long cell"]);
});

test("no rows are no lines", () => {
  expect(toColumns([])).toEqual([]);
});

test("what moves a cursor or turns the direction of writing is not printed", () => {
  expect(printable("a\u001b[2J\r\n\u202eb\u0000")).toBe("a\ufffd[2J\ufffd\ufffd\ufffdb\ufffd");
  expect(printable("Grün 漢字")).toBe("Grün 漢字");
});
