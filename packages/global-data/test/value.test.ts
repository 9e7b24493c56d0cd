import { deepStrictEqual } from "node:assert";
import { runInNewContext } from "node:vm";
import { isPacketronError } from "@packetron/core";
import { Binary, ObjectId } from "bson";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../core/test/_code-point.ts";
import { decodeFile, encodeFile } from "../src/format.ts";
import {
  escapeKey,
  fromStored,
  MAX_BYTES,
  MAX_DEPTH,
  MAX_VALUES,
  toStored,
  unescapeKey,
} from "../src/value.ts";
import { thrownBy } from "./_folder.ts";

const HEADER = { token: "00112233445566778899aabb", generation: 1n };

/** Writes a value into a file, and returns the value that is read from it. */
function roundTrip(value: unknown): unknown {
  const { data } = decodeFile(encodeFile({ value: toStored(value) }, HEADER));
  return fromStored(data["value"] ?? null);
}

describe("a value that is read as it was stored", () => {
  const own: unknown = JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":3}');
  test.each<[string, unknown]>([
    ["null", null],
    ["undefined", undefined],
    ["true", true],
    ["zero", 0],
    ["negative zero", -0],
    ["not a number", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["negative infinity", Number.NEGATIVE_INFINITY],
    ["a fraction", 0.1],
    ["the smallest number", Number.MIN_VALUE],
    ["the largest number", Number.MAX_VALUE],
    ["the largest integer of 32 bits", 2 ** 31 - 1],
    ["one more than 32 bits", 2 ** 31],
    ["the smallest integer of 32 bits", -(2 ** 31)],
    ["one less than 32 bits", -(2 ** 31) - 1],
    ["the largest safe integer", Number.MAX_SAFE_INTEGER],
    ["an integer beyond the safe ones", 2 ** 53 + 2],
    ["a BigInt that a number could hold", 7n],
    ["the largest BigInt", 2n ** 63n - 1n],
    ["the smallest BigInt", -(2n ** 63n)],
    ["an empty string", ""],
    ["a string with a NUL", "a\0b"],
    ["an emoji", "😀"],
    ["a million characters", "é".repeat(1_000_000)],
    ["a Date", new Date(1_700_000_000_123)],
    ["a Date before 1970", new Date(-1)],
    ["the last Date", new Date(8.64e15)],
    ["a Buffer", Buffer.from([0, 255])],
    ["an empty Buffer", Buffer.alloc(0)],
    ["a Uint8Array", Uint8Array.of(1, 2, 3)],
    ["20 MB of bytes", Buffer.alloc(20 * 1024 * 1024, 7)],
    ["an empty array", []],
    ["nested arrays", [[], [[1, [null, undefined]]]]],
    ["an empty object", {}],
    ["members that are undefined", { a: undefined, b: [undefined] }],
    ["keys with a meaning in JavaScript", own],
    ["keys with a meaning in BSON", { _bsontype: "ObjectId", $ref: "a", $id: 1, $$db: 2, toBSON: 3 }],
    ["a reference to another collection", { $ref: "users", $id: 1, $db: "shop" }],
    ["keys with dots, and an empty one", { "a.b": 1, "": 2, $: 3 }],
    ["a key that is a number", { 10: "a", 9: "b" }],
    ["a member named length", { length: 3, 0: "a" }],
  ])("%s", (_, value) => {
    deepStrictEqual(roundTrip(value), value);
  });

  test("the deepest value", () => {
    let value: unknown = 1;
    for (let depth = 0; depth < MAX_DEPTH; depth++) value = depth % 2 === 0 ? [value] : { value };
    expect(roundTrip(value)).toStrictEqual(value);
  });

  test("an object without a prototype is read as a plain object with the same members", () => {
    const bare = Object.assign(Object.create(null), JSON.parse('{"__proto__":{"admin":true}}'));
    const copy = roundTrip(bare);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.entries(Object(copy))).toEqual([["__proto__", { admin: true }]]);
  });

  test("one object in two places is read as two objects", () => {
    const shared = { a: 1 };
    expect(roundTrip([shared, shared])).toStrictEqual([{ a: 1 }, { a: 1 }]);
  });

  test("any combination of supported values", () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, undefined, true, false, -0),
        fc.double(),
        fc.integer(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.string({ unit: codePoint }),
        fc.date({ noInvalidDate: true }),
        fc.uint8Array(),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.array(tie("value"), { maxLength: 6 }),
        fc.array(fc.tuple(key(), tie("value")), { maxLength: 6 }).map((entries) => {
          const object = {};
          for (const [name, member] of entries)
            Object.defineProperty(object, name, {
              value: member,
              configurable: true,
              enumerable: true,
              writable: true,
            });
          return object;
        }),
      ),
    })).value;
    fc.assert(
      fc.property(value, (candidate) => {
        deepStrictEqual(roundTrip(candidate), candidate);
      }),
      { numRuns: process.env["PACKETRON_TEST_FULL"] === undefined ? 500 : 20_000 },
    );
  });
});

describe("a value that is refused, with its place", () => {
  const circular: { list: unknown[] } = { list: [] };
  circular.list.push(circular);
  let deep: unknown = 1;
  for (let depth = 0; depth < 10_000; depth++) deep = [deep];
  class Point {
    readonly x = 1;
  }
  const holes = [1];
  holes[2] = 3;
  test.each<[string, unknown, string]>([
    ["a function", { a: () => 1 }, "a function (at .a)"],
    ["a symbol", [Symbol("a")], "a symbol (at [0])"],
    ["a symbol as key", { [Symbol("a")]: 1 }, "an object with symbol keys."],
    ["a BigInt of 65 bits", 2n ** 63n, "a BigInt of more than 64 bits."],
    ["a negative BigInt of 65 bits", -(2n ** 63n) - 1n, "a BigInt of more than 64 bits."],
    ["a Map", { a: [new Map()] }, "an instance of Map (at .a[0])"],
    ["a Set", new Set(), "an instance of Set."],
    ["a RegExp", /a/, "an instance of RegExp."],
    ["an Error", new TypeError("a"), "an instance of TypeError."],
    ["a Promise", Promise.resolve(), "an instance of Promise."],
    ["an instance of a class", new Point(), "an instance of Point."],
    ["an object that inherits", Object.create({ a: 1 }), "an instance of Object."],
    ["a boxed number", Object(1), "an instance of Number."],
    ["an array of 16-bit numbers", new Uint16Array(2), "an instance of Uint16Array."],
    ["an ArrayBuffer", new ArrayBuffer(2), "an instance of ArrayBuffer."],
    ["an ObjectId", new ObjectId(), "an instance of ObjectId."],
    ["a Binary", new Binary(Buffer.alloc(1)), "an instance of Binary."],
    ["an invalid Date", [new Date(Number.NaN)], "an invalid Date (at [0])"],
    ["a lone surrogate", { a: "\ud800" }, "a string with a lone surrogate (at .a)"],
    ["a lone surrogate in a key", { "\udc00": 1 }, "a key with a lone surrogate."],
    ["a key with a NUL", { a: { "b\0": 1 } }, "a key with a NUL character (at .a)"],
    ["an array with a hole", holes, "an array with holes or members."],
    ["an array with a member", Object.assign([1], { a: 1 }), "an array with holes or members."],
    ["a value that contains itself", circular, "a value that contains itself (at .list[0])"],
    ["10,000 levels", deep, `more than ${MAX_DEPTH} levels`],
  ])("%s", (_, value, what) => {
    const error = thrownBy(() => toStored(value));
    expect(isPacketronError(error, "PKT_GLOBAL_DATA_VALUE")).toBe(true);
    expect(String(error)).toContain(what);
  });

  test("a Buffer that is larger than the file may be", () => {
    expect(() => toStored(Buffer.alloc(MAX_BYTES + 1))).toThrow(
      expect.objectContaining({ code: "PKT_GLOBAL_DATA_TOO_LARGE" }),
    );
  });

  test("a million values within one value pass, and one more is refused", () => {
    const million = new Array<null>(MAX_VALUES - 1).fill(null);
    expect(roundTrip(million)).toHaveLength(MAX_VALUES - 1);
    expect(() => toStored([...million, null])).toThrow("would exceed 1000000 values within one");
  });

  test("a few arrays that stand for more data than the file may have", () => {
    let value: unknown = "a";
    for (let level = 0; level < 40; level++) value = [value, value];
    expect(() => toStored(value)).toThrow(expect.objectContaining({ code: "PKT_GLOBAL_DATA_TOO_LARGE" }));
  });

  test("several values that exceed the limit together", () => {
    const half = toStored(Buffer.alloc(MAX_BYTES / 2));
    expect(() => encodeFile({ one: half, two: half }, HEADER)).toThrow(
      expect.objectContaining({ code: "PKT_GLOBAL_DATA_TOO_LARGE" }),
    );
  });
});

test("a plain object of another realm is stored as a plain object", () => {
  expect(roundTrip(runInNewContext("({ a: { b: 1 } })"))).toStrictEqual({ a: { b: 1 } });
});

test("stored values and returned values are copies", () => {
  const given = { list: [1], bytes: Buffer.from("a"), date: new Date(0) };
  const stored = toStored(given);
  given.list.push(2);
  given.bytes[0] = 0;
  given.date.setTime(1);
  const got = fromStored(stored);
  expect(got).toStrictEqual({ list: [1], bytes: Buffer.from("a"), date: new Date(0) });
  Object(got).list.push(3);
  Object(got).bytes[0] = 1;
  expect(fromStored(stored)).toStrictEqual({ list: [1], bytes: Buffer.from("a"), date: new Date(0) });
});

test("the escape of a key can be reversed, and two keys never get the same escape", () => {
  fc.assert(
    fc.property(key(), key(), (one, other) => {
      expect(unescapeKey(escapeKey(one))).toBe(one);
      if (one !== other) expect(escapeKey(one)).not.toBe(escapeKey(other));
    }),
  );
});

function key(): fc.Arbitrary<string> {
  const special = fc.constantFrom(
    "__proto__",
    "$__proto__",
    "_bsontype",
    "$_bsontype",
    "$",
    "$$",
    "$ref",
    "$id",
    "$db",
    "constructor",
  );
  return fc.oneof(
    special,
    fc.string({ unit: codePoint }).filter((text) => !text.includes("\0")),
  );
}
