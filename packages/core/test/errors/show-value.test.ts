import { describe, expect, test } from "vitest";
import { showValue } from "../../src/errors/show-value.ts";

describe("showValue", () => {
  test.each<[value: unknown, shown: string]>([
    ["a", '"a"'],
    ['say "a"\n', String.raw`"say \"a\"\n"`],
    ["x".repeat(100), `"${"x".repeat(60)}…"`],
    [5, "5"],
    [-0, "0"],
    [10n, "10n"],
    [undefined, "undefined"],
    [null, "null"],
    [Symbol("a"), "Symbol(a)"],
    [[1, 2], "an array"],
    [{ a: 1 }, "an object"],
    [Object.create(null), "an object"],
    [function named() {}, "a function (named)"],
    [
      (
        () => () =>
          undefined
      )(),
      "a function",
    ],
  ])("of %o is %j", (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });
});
