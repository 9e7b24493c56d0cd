import { Socket } from "node:net";
import { PacketronRequest } from "@packetron/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../../core/test/_code-point.ts";
import { LimitEvents } from "../../src/form/limit-events.ts";
import { LimitWatch } from "../../src/form/limit-watch.ts";
import type { NamedValues } from "../../src/form/named-values.ts";
import { parseUrlencoded } from "../../src/form/urlencoded.ts";
import { defaultSettings, type MultipartLimits } from "../../src/options.ts";

function parse(text: string, limits: Partial<MultipartLimits> = {}): { values: NamedValues; error: unknown } {
  const all = { ...defaultSettings, ...limits };
  const events = new LimitEvents(new PacketronRequest(new Socket()), () => {});
  const watch = new LimitWatch(all, { events, refuse: null });
  const values = parseUrlencoded(text, all, watch);
  return { values, error: watch.error };
}

describe("an urlencoded form", () => {
  test.each<readonly [text: string, values: Record<string, unknown>]>([
    ["", {}],
    ["a=1", { a: "1" }],
    ["a=1&b=2", { a: "1", b: "2" }],
    ["a=1&a=2&a=3", { a: ["1", "2", "3"] }],
    ["a", { a: "" }],
    ["a=", { a: "" }],
    ["=1", { "": "1" }],
    ["=", { "": "" }],
    ["&&&=&", { "": "" }],
    ["&a=1&&", { a: "1" }],
    ["a=b=c", { a: "b=c" }],
    ["a+b=c+d", { "a b": "c d" }],
    ["a%2Bb=%20", { "a+b": " " }],
    ["%C3%BC=%e2%82%ac", { ü: "€" }],
    ["a=%", { a: "%" }],
    ["a=%zz", { a: "%zz" }],
    ["a=%e0%a4%a", { a: "%e0%a4%a" }],
    ["a=%ff%41", { a: "%ffA" }],
    ["a=100%&b=%41", { a: "100%", b: "A" }],
    ["a[b]=1", { "a[b]": "1" }],
    ["a[]=1&a[]=2", { "a[]": ["1", "2"] }],
    ["0=a&1=b", { 0: "a", 1: "b" }],
    ["toString=1&constructor=2", { toString: "1", constructor: "2" }],
  ])("%s", (text, values) => {
    expect(parse(text)).toEqual({ values: Object.assign(Object.create(null), values), error: null });
  });

  test("with __proto__ has a field of that name, and no prototype", () => {
    const { values } = parse("__proto__=1&__proto__=2");
    expect(Object.getPrototypeOf(values)).toBeNull();
    expect(Object.entries(values)).toEqual([["__proto__", ["1", "2"]]]);
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("1");
  });

  test.each([
    ["maxFields", 2, "a=1&b=2", "a=1&b=2&c=3", { a: "1", b: "2" }],
    ["maxParts", 2, "a=1&b=2", "a=1&b=2&c=3", { a: "1", b: "2" }],
    ["maxFieldSize", 3, "a=123", "a=1234", { a: "123" }],
    ["maxFieldSize", 3, "a=%E2%82%AC", "a=%E2%82%AC%E2%82%AC", { a: "€" }],
    ["maxFieldSize", 4, "a=%E2%82%AC1", "a=%E2%82%AC%E2%82%AC", { a: "€" }],
    ["maxFieldNameSize", 3, "abc=1", "abcd=1", { abc: "1" }],
  ] as const)("%s of %i lets %s pass, and cuts %s", (limit, maximum, within, over, values) => {
    expect(parse(within, { [limit]: maximum }).error).toBeNull();
    expect(parse(over, { [limit]: maximum })).toMatchObject({
      values,
      error: { code: "PKT_MULTIPART_LIMIT" },
    });
  });

  test("of any fields gives the fields that were encoded", () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })));
    fc.assert(
      fc.property(pairs, (fields) => {
        const text = new URLSearchParams(fields).toString();
        const expected = new Map<string, string[]>();
        for (const [name, value] of new URLSearchParams(text))
          expected.set(name, [...(expected.get(name) ?? []), value]);
        const { values } = parse(text, { maxFieldNameSize: Number.POSITIVE_INFINITY });
        expect(Object.entries(values).toSorted()).toEqual(
          [...expected].map(([name, list]) => [name, list.length === 1 ? list[0] : list]).toSorted(),
        );
      }),
    );
  });

  test("of any text gives strings, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => {
        for (const value of Object.values(parse(text).values).flat()) expect(typeof value).toBe("string");
      }),
    );
  });

  test.each([
    ["a megabyte of separators", "&".repeat(2 ** 20)],
    ["a megabyte of names", "a&".repeat(2 ** 19)],
    ["one name 100,000 times", "k=v&".repeat(100_000)],
    ["a megabyte of bad escapes", `a=${"%ff.".repeat(2 ** 18)}`],
    ["a megabyte of escapes", `a=${"%41".repeat(2 ** 18)}`],
  ])("of %s is parsed in under two seconds", (_name, text) => {
    const start = performance.now();
    parse(text, { maxFields: Number.POSITIVE_INFINITY, maxParts: Number.POSITIVE_INFINITY });
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
