import fc from "fast-check";
import { expect, test } from "vitest";
import { parseQuery, parseQueryAll, parseQueryValues } from "../../src/http/query.ts";
import { isClean, POISON } from "../message/_poison.ts";

test.each<[string, Record<string, string>]>([
  ["/", {}],
  ["", {}],
  ["/?", {}],
  ["/?&&&", {}],
  ["/?a", { a: "" }],
  ["/?a=", { a: "" }],
  ["/?=b", { "": "b" }],
  ["/?&&&=&", { "": "" }],
  ["/?a=1&b=2", { a: "1", b: "2" }],
  ["/?a=1&a=2&a=3", { a: "3" }],
  ["/?a=1&&b=2&", { a: "1", b: "2" }],
  ["/?a=b=c", { a: "b=c" }],
  ["/?a=b?c", { a: "b?c" }],
  ["/?a+b=c+d", { "a b": "c d" }],
  ["/?a=%2B+%26%3D", { a: "+ &=" }],
  ["/?%61=%62", { a: "b" }],
  ["/?q=%E6%97%A5%e6%9c%ac", { q: "日本" }],
  ["/?q=%F0%9F%98%80", { q: "😀" }],
  ["/?a=%", { a: "%" }],
  ["/?a=100%&b=1", { a: "100%", b: "1" }],
  ["/?a=%zz%41", { a: "%zzA" }],
  ["/?a=%e0%a4%a", { a: "%e0%a4%a" }],
  ["/?a=%ff%41%c0%80", { a: "%ffA%c0%80" }],
  ["/?a=%ed%a0%80", { a: "%ed%a0%80" }],
  ["/?a=%f4%90%80%80", { a: "%f4%90%80%80" }],
  ["/?a=%u0041", { a: "%u0041" }],
  ["/?a;b=1", { "a;b": "1" }],
  ["/?a[b]=1", { "a[b]": "1" }],
  ["http://host/path?a=1", { a: "1" }],
])("the query of %j", (url, expected) => {
  expect({ ...parseQuery(url) }).toEqual(expected);
});

test("all values of a name are in order", () => {
  expect({ ...parseQueryAll("/?a=1&b=x&a=2&a") }).toEqual({ a: ["1", "2", ""], b: ["x"] });
  expect({ ...parseQueryAll("/") }).toEqual({});
  expect({ ...parseQueryValues("/?a=1&b=x&a=2&a") }).toEqual({ a: ["1", "2", ""], b: "x" });
  expect({ ...parseQueryValues("/") }).toEqual({});
});

test("the result has no prototype", () => {
  expect(Object.getPrototypeOf(parseQuery("/"))).toBe(null);
  expect(Object.getPrototypeOf(parseQueryAll("/?a"))).toBe(null);
  expect(Object.getPrototypeOf(parseQueryValues("/?a"))).toBe(null);
});

test.each(POISON)("the name %j is an ordinary name", (name) => {
  const url = `/?${name}=polluted&${name}=twice`;
  const decoded = decodeURIComponent(name);
  expect(Object.entries(parseQuery(url))).toEqual([[decoded, "twice"]]);
  expect(Object.entries(parseQueryAll(url))).toEqual([[decoded, ["polluted", "twice"]]]);
  expect(Object.entries(parseQueryValues(url))).toEqual([[decoded, ["polluted", "twice"]]]);
  expect(isClean()).toBe(true);
});

test("queries written by URLSearchParams are read back", () => {
  const pairs = fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })));
  fc.assert(
    fc.property(pairs, (list) => {
      const url = `/?${new URLSearchParams(list)}`;
      const all: Record<string, string[]> = Object.create(null);
      for (const [name, value] of list) all[name] = [...(all[name] ?? []), value];
      const last = Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values.at(-1)]));
      expect(Object.entries(parseQuery(url))).toEqual(Object.entries(last));
      expect(Object.entries(parseQueryAll(url))).toEqual(Object.entries(all));
    }),
  );
});

test("well-formed queries are read as URLSearchParams reads them", () => {
  const piece = fc.constantFrom("a", "b", "=", "&", "+", "%41", "%C3%A9", "?", ";", "%26", "%3d", ".", "/");
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const query = pieces.join("");
      expect(Object.entries(parseQuery(`/?${query}`)).toSorted()).toEqual(
        Object.entries(Object.fromEntries(new URLSearchParams(`&${query}`))).toSorted(),
      );
    }),
  );
});

test("no URL makes the parser throw", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom("%", "%f", "%F0", "%9f", "%80", "%c3", "&", "=", "?", "\ud800", "é"),
  );
  fc.assert(
    fc.property(
      fc.array(piece),
      (pieces) => void [parseQuery(pieces.join("")), parseQueryAll(`?${pieces.join("")}`)],
    ),
  );
});

test.each([
  ["a million pairs", "a&".repeat(1e6)],
  ["one name a hundred thousand times", "a=1&".repeat(1e5)],
  ["a million malformed escapes", "%zz".repeat(1e6)],
  ["a megabyte of escapes", "%e6%97%a5".repeat(1e5)],
  ["half a million truncated characters", "%e0%a4".repeat(5e5)],
  ["a million equals signs", "=".repeat(1e6)],
  ["many values that are only a percent sign", "a=%&".repeat(2e5)],
])("%s take linear time", (_name, query) => {
  const start = performance.now();
  parseQuery(`/?${query}`);
  parseQueryAll(`/?${query}`);
  expect(performance.now() - start).toBeLessThan(5000);
});
