import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { methodIndex, methodNames, PacketronRequestMethod } from "../../src/http/methods.ts";

describe("PacketronRequestMethod", () => {
  test("has the values that programs rely on, and is frozen", () => {
    expect(PacketronRequestMethod).toEqual({
      GET: 0,
      POST: 1,
      PUT: 2,
      DELETE: 3,
      HEAD: 4,
      PATCH: 5,
      OPTIONS: 6,
    });
    expect(Object.isFrozen(PacketronRequestMethod)).toBe(true);
  });

  test("agrees with the names and with the look-up by name", () => {
    for (const [name, index] of Object.entries(PacketronRequestMethod)) {
      expect(methodNames[index]).toBe(name);
      expect(methodIndex(name)).toBe(index);
    }
    expect(methodNames).toHaveLength(7);
    expect(Object.isFrozen(methodNames)).toBe(true);
  });
});

describe("methodIndex", () => {
  test.each([
    undefined,
    "",
    "get",
    "Get",
    " GET",
    "GET ",
    "TRACE",
    "CONNECT",
    "QUERY",
    "__proto__",
    "constructor",
    "0",
  ])("is -1 for %j, which no route can have", (name) => {
    expect(methodIndex(name)).toBe(-1);
  });

  test("is an index of the names or -1 for any method name", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(methodIndex(name)).toBe(methodNames.indexOf(name));
      }),
    );
  });
});
