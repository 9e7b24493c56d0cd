import { describe, expect, test } from "vitest";
import { isThenable } from "../../src/node/thenable.ts";

describe("isThenable", () => {
  test.each<[what: string, value: unknown, expected: boolean]>([
    ["a promise", Promise.resolve(), true],
    // biome-ignore lint/suspicious/noThenProperty: a foreign thenable is what the row is about
    ["an object with a then method", { then: () => undefined }, true],
    // biome-ignore lint/suspicious/noThenProperty: the property is what the row is about
    ["an object whose then is no function", { then: 1 }, false],
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
