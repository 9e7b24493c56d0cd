import { describe, expect, test } from "vitest";
import { isLinearizable, type Operation } from "./_linearizable.ts";

const get = (value: number | null, began: number, ended: number): Operation => ({
  kind: "get",
  value,
  began,
  ended,
});
const set = (value: number, began: number, ended: number): Operation => ({
  kind: "set",
  value,
  began,
  ended,
});
const increment = (value: number | null, began: number, ended: number): Operation => ({
  kind: "increment",
  value,
  began,
  ended,
});

describe("a history that a register can have", () => {
  test.each<[string, Operation[]]>([
    ["no operation", []],
    ["operations one after another", [get(null, 0, 1), set(5, 2, 3), increment(6, 4, 5), get(6, 6, 7)]],
    ["a read during a write sees the old value", [set(1, 0, 10), get(null, 5, 6)]],
    ["a read during a write sees the new value", [set(1, 0, 10), get(1, 5, 6)]],
    ["two increments at once", [increment(2, 0, 10), increment(1, 0, 10), get(2, 11, 12)]],
    [
      "a killed increment that took effect much later",
      [increment(null, 0, Infinity), get(null, 1, 2), get(1, 3, 4)],
    ],
    [
      "a killed increment that never took effect",
      [increment(null, 0, Infinity), increment(1, 1, 2), get(1, 3, 4)],
    ],
    [
      "a killed write that is read between two others",
      [set(7, 0, Infinity), set(1, 1, 2), get(7, 3, 4), set(2, 5, 6)],
    ],
  ])("%s", (_, history) => expect(isLinearizable(history)).toBe(true));
});

describe("a history that no register can have", () => {
  test.each<[string, Operation[]]>([
    ["a lost increment", [increment(1, 0, 1), increment(1, 2, 3)]],
    ["two increments at once of which one is lost", [increment(1, 0, 10), increment(1, 0, 10)]],
    ["a stale read", [set(1, 0, 1), get(null, 2, 3)]],
    ["a read that goes back", [set(1, 0, 10), get(1, 2, 3), get(null, 4, 5)]],
    ["a value that was never written", [set(1, 0, 1), get(2, 2, 3)]],
    ["a killed increment that took effect twice", [increment(null, 0, Infinity), get(2, 1, 2)]],
    ["a killed write that is read before it began", [get(7, 0, 1), set(7, 2, Infinity)]],
    [
      "a killed write that is read before and after another write",
      [set(7, 0, Infinity), get(7, 1, 2), set(1, 3, 4), get(1, 5, 6), get(7, 7, 8)],
    ],
  ])("%s", (_, history) => expect(isLinearizable(history)).toBe(false));
});

test("a history of thousands of operations and dozens of kills can be checked", () => {
  const history: Operation[] = [];
  let value = 0;
  for (let index = 0; index < 4_000; index++) {
    const began = index * 10;
    if (index % 100 === 50) history.push(increment(null, began, Infinity));
    else if (index % 3 === 0) history.push(get(value === 0 ? null : value, began, began + 35));
    else history.push(increment(++value, began, began + 35));
  }
  expect(isLinearizable(history)).toBe(true);
});
