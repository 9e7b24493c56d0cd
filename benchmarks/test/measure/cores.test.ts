import { expect, test } from "vitest";
import { parseCoreList, pinned } from "../../measure/cores.ts";

test.each([
  ["0-1", [0, 1]],
  ["3", [3]],
  ["0-2,5,8-9\n", [0, 1, 2, 5, 8, 9]],
  ["", []],
])("the core list %j is %j", (text, cores) => {
  expect(parseCoreList(text)).toEqual(cores);
});

test("a command that is bound to a core runs under taskset, other commands run directly", () => {
  expect(pinned(["node", "a.js"], 1)).toEqual(["taskset", "--cpu-list", "1", "node", "a.js"]);
  expect(pinned(["node", "a.js"], null)).toEqual(["node", "a.js"]);
});
