import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesMediaType, matchScore, parseMediaType } from "../../src/http/media-type.ts";
import { codePoint } from "../_code-point.ts";

describe("parseMediaType", () => {
  test.each([
    ["application/json", "application/json", {}],
    ["  Application/JSON  ", "application/json", {}],
    ["text/plain;charset=utf-8", "text/plain", { charset: "utf-8" }],
    ["text/plain ; Charset = UTF-8 ", "text/plain", { charset: "UTF-8" }],
    ['text/plain; charset="utf-8"', "text/plain", { charset: "utf-8" }],
    ['a/b; x="a;b=c"; y=2', "a/b", { x: "a;b=c", y: "2" }],
    ['a/b; x="say \\"hi\\" \\\\"; y=2', "a/b", { x: 'say "hi" \\', y: "2" }],
    ['a/b; x="never closed; y=2', "a/b", { x: "never closed; y=2" }],
    ['a/b; x="ends in a backslash\\', "a/b", { x: "ends in a backslash" }],
    ['a/b; x="1" junk; y=2', "a/b", { x: "1", y: "2" }],
    ["a/b; charset=one; CHARSET=two", "a/b", { charset: "one" }],
    ["a/b;;; ;x=1;", "a/b", { x: "1" }],
    ["a/b; flag; =nameless; x=", "a/b", { x: "" }],
    ["a/b; __proto__=1", "a/b", Object.fromEntries([["__proto__", "1"]])],
    ["multipart/form-data; boundary=----a=b", "multipart/form-data", { boundary: "----a=b" }],
    ["application/vnd.api+json", "application/vnd.api+json", {}],
  ])("reads %j", (field, type, parameters) => {
    const parsed = parseMediaType(field);
    expect(parsed?.type).toBe(type);
    expect(Object.entries(parsed?.parameters ?? {})).toEqual(Object.entries(parameters));
  });

  test.each([
    [undefined],
    [""],
    [";"],
    ["json"],
    ["/"],
    ["a/"],
    ["/b"],
    ["a/b/c"],
    ["a b/c"],
    ["a/b, c/d"],
    ["text/pläin"],
    ["; charset=utf-8"],
  ])("finds no type in %j", (field) => {
    expect(parseMediaType(field)).toBeNull();
  });

  test("does not throw for any text, and reads back well-formed types", () => {
    fc.assert(fc.property(fc.string({ unit: codePoint }), (field) => void parseMediaType(`a/b;${field}`)));
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const value = fc.string({ unit: "grapheme-ascii" });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }), (pairs) => {
        const written = pairs.map(([key, text]) => `; ${key}="${text.replaceAll(/["\\]/g, "\\$&")}"`);
        expect(Object.entries(parseMediaType(`a/b${written.join("")}`)?.parameters ?? {})).toEqual(pairs);
      }),
    );
  });

  test.each([
    ["semicolons", ";"],
    ["equal signs", "="],
    ["open quotes", ';a="'],
    ["escaped quotes", ';a="\\"'],
    ["names without a value", ";a"],
    ["white space", " "],
  ])("takes linear time: %s", (_, unit) => {
    // A quadratic algorithm would take hours for a megabyte; the test times out after seconds.
    parseMediaType(`a/b;${unit.repeat(1_000_000 / unit.length)}`);
    parseMediaType(unit.repeat(1_000_000 / unit.length));
  });
});

describe("matchScore", () => {
  test.each([
    ["application/json", "application/json", 4],
    ["Application/JSON", "application/json", 4],
    ["application/json", "application/json5", 0],
    ["application/*+json", "application/problem+json", 3],
    ["*+json", "image/x+json", 3],
    ["application/*+json", "application/json", 0],
    ["application/*+json", "application/+json", 0],
    ["application/*+json", "text/x+json", 0],
    ["text/*", "text/plain", 2],
    ["text/*", "textual/plain", 0],
    ["*/*", "a/b", 1],
    ["*", "a/b", 1],
  ])("%s fits %s by %i", (pattern, type, fit) => {
    expect(matchScore(pattern, type)).toBe(fit);
  });
});

test.each([
  ["text/html; charset=utf-8", true],
  ["Application/Problem+JSON", true],
  ["image/png", true],
  ["image/svg+xml", false],
  ["text", false],
  ["", false],
])("whether %j is among the patterns: %s", (field, expected) => {
  expect(matchesMediaType(field, ["text/*", "application/*+json", "image/png"])).toBe(expected);
});
