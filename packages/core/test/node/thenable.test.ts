import { describe, expect, test } from "vitest";
import { isThenable } from "../../src/node/thenable.ts";

describe("isThenable", () => {
  test.each<[what: string, value: unknown, expected: boolean]>([
    ["a promise", Promise.resolve(), true],
    // biome-ignore lint/suspicious/noThenProperty: the row tests a foreign thenable
    ["an object with a then method", { then: () => undefined }, true],
    // biome-ignore lint/suspicious/noThenProperty: the row tests this property
    ["an object whose then is not a function", { then: 1 }, false],
    ["an empty object", {}, false],
    ["null", null, false],
    ["undefined", undefined, false],
    ["true", true, false],
    ["a string", "then", false],
    ["a function", () => undefined, false],
  ])("of %s is right", (_what, value, expected) => {
    expect(isThenable(value)).toBe(expected);
  });
});
