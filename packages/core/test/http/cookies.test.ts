import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCookies } from "../../src/http/cookies.ts";
import { isClean, POISON } from "../message/_poison.ts";

test.each<[string | undefined, Record<string, string>]>([
  [undefined, {}],
  ["", {}],
  [";;; ;", {}],
  ["a=1", { a: "1" }],
  ["a=1; b=2", { a: "1", b: "2" }],
  ["a=1;b=2", { a: "1", b: "2" }],
  ["a=1 ;\tb = 2 ", { a: "1", b: "2" }],
  ["a=first; a=second", { a: "first" }],
  ["a=; a=second", { a: "" }],
  ["a", {}],
  ["=value; a=1", { a: "1" }],
  ["a=b=c==", { a: "b=c==" }],
  // RFC 6265bis section 4.1.1: quotes are characters of the value.
  ['a="quoted"', { a: '"quoted"' }],
  ['a="a b, c"', { a: '"a b, c"' }],
  ['a= "quoted" ; b=2', { a: '"quoted"', b: "2" }],
  ['a="', { a: '"' }],
  ['a=""', { a: '""' }],
  ['a="open; b=2', { a: '"open', b: "2" }],
  ['a="semi;colon"', { a: '"semi' }],
  ['a=in"side', { a: 'in"side' }],
  ["a=%20%C3%A9", { a: " é" }],
  ["a=%22%22", { a: '""' }],
  ['a="%22"', { a: '"""' }],
  ["a=100%", { a: "100%" }],
  ["a=%e0%a4%a", { a: "%e0%a4%a" }],
  ["a=x+y", { a: "x+y" }],
  ["a%20b=1", { "a%20b": "1" }],
  ["\u00a0__Host-session=evil", { "\u00a0__Host-session": "evil" }],
  ["$Version=1; a=1", { $Version: "1", a: "1" }],
])("the cookies of %j", (header, expected) => {
  expect({ ...parseCookies(header) }).toEqual(expected);
});

test("the result has no prototype, with or without a header", () => {
  expect(Object.getPrototypeOf(parseCookies(undefined))).toBe(null);
  expect(Object.getPrototypeOf(parseCookies("a=1"))).toBe(null);
});

test.each(POISON)("the name %j is an ordinary name", (name) => {
  expect(Object.entries(parseCookies(`${name}=polluted; ${name}=twice`))).toEqual([
    [name.trim(), "polluted"],
  ]);
  expect(isClean()).toBe(true);
});

test("no header makes the parser throw", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom("%", "%F0", "%80", ";", "=", '"', " ", "\t", "\ud800", "é", "\u0000"),
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => void parseCookies(pieces.join(""))));
});

test.each([
  ["sixty-four kilobytes of semicolons", ";".repeat(65_536)],
  ["a hundred thousand cookies", Array.from({ length: 1e5 }, (_, index) => `c${index}=1`).join(";")],
  ["one name a hundred thousand times", "a=1;".repeat(1e5)],
  ["a megabyte of blanks", `a=${" ".repeat(1e6)}b${" ".repeat(1e6)}`],
  ["a megabyte of quotes", `a=${'"'.repeat(1e6)}`],
  ["a million malformed escapes", `a=${"%zz".repeat(1e6)}`],
])("%s take linear time", (_name, header) => {
  const start = performance.now();
  parseCookies(header);
  expect(performance.now() - start).toBeLessThan(5000);
});
