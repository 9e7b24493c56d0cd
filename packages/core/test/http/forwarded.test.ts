import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryOf, parseForwarded } from "../../src/http/forwarded.ts";

describe("parseForwarded", () => {
  test.each<[field: string, elements: readonly (readonly [string, string | null, string | null])[]]>([
    ["", []],
    ["for=192.0.2.60;proto=http;by=203.0.113.43", [["192.0.2.60", "http", null]]],
    ['For="[2001:db8:cafe::17]:4711"', [["[2001:db8:cafe::17]:4711", null, null]]],
    [
      "for=192.0.2.43, for=198.51.100.17;proto=https",
      [
        ["192.0.2.43", null, null],
        ["198.51.100.17", "https", null],
      ],
    ],
    ['proto=https;host="a.example:8443"', [["", "https", "a.example:8443"]]],
    ['host="a\\"b"', [["", null, 'a"b']]],
    ["proto=http;proto=https", [["", "http", null]]],
    [
      "host=a , host=b",
      [
        ["", null, "a"],
        ["", null, "b"],
      ],
    ],
    ["__proto__=a", [["", null, null]]],
    ["for", []],
    ["for=a b", []],
    ['host="a', []],
    ["for=a,,for=b", []],
    ["for=1.2.3.4;;proto=https", []],
    [`for=${"a".repeat(5_000)}`, []],
  ])("%j", (field, elements) => {
    expect(parseForwarded(field).map(({ for: address, proto, host }) => [address, proto, host])).toEqual(
      elements,
    );
  });

  test("reads what was written, whatever the values are", () => {
    const value = fc.string({ unit: fc.constantFrom(...'ab",;=\\ :[]'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (hosts) => {
        const field = hosts.map((host) => `host="${host.replace(/["\\]/g, "\\$&")}"`).join(", ");
        expect(parseForwarded(field).map(({ host }) => host)).toEqual(hosts);
      }),
    );
  });

  test("takes linear time", () => {
    const started = performance.now();
    for (const piece of ["a=", 'a="', "a=b;", " ", '\\"', "a=b , "])
      parseForwarded(piece.repeat(4_096 / piece.length));
    expect(performance.now() - started).toBeLessThan(200);
  });
});

test.each<[list: string | undefined, fromRight: number, entry: string | null]>([
  [undefined, 0, null],
  ["", 0, null],
  [" , ", 1, null],
  ["a", 0, "a"],
  ["a, b", 0, "b"],
  ["a, b", 1, "a"],
  ["a, b,", 0, "b"],
  ["a", 3, "a"],
  ["a,b,c", Number.POSITIVE_INFINITY, "a"],
])("the entry of %j at %i from the right is %j", (list, fromRight, entry) => {
  expect(entryOf(list, fromRight)).toBe(entry);
});
