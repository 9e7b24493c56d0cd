import { expect, test } from "vitest";
import { printable, toColumns } from "../src/table.ts";

test("columns are as wide as their widest cell, two spaces apart, and numbers are aligned right", () => {
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

test("a line has no trailing spaces", () => {
  expect(
    toColumns([
      ["a", "b"],
      ["a long cell", ""],
    ]),
  ).toEqual(["a            b", "a long cell"]);
});

test("no rows give no lines", () => {
  expect(toColumns([])).toEqual([]);
});

test("characters that move the cursor or change the direction of writing are replaced", () => {
  expect(printable("a\u001b[2J\r\n\u202eb\u0000")).toBe("a\ufffd[2J\ufffd\ufffd\ufffdb\ufffd");
  expect(printable("Grün 漢字")).toBe("Grün 漢字");
});
