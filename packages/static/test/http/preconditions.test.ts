import type { IncomingHttpHeaders } from "node:http";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allowsRange, checkPreconditions } from "../../src/http/preconditions.ts";

const time = Date.UTC(2020, 1, 3, 4, 5, 6);
const at = new Date(time).toUTCString();
const before = new Date(time - 1000).toUTCString();
const after = new Date(time + 1000).toUTCString();
const strong = { etag: '"a"', lastModified: time };
const weak = { etag: 'W/"a"', lastModified: time };

describe("checkPreconditions", () => {
  test.each<readonly [name: string, headers: IncomingHttpHeaders, ofStrong: number, ofWeak: number]>([
    ["nothing", {}, 200, 200],
    ["If-Match that names the tag", { "if-match": '"a"' }, 200, 412],
    ["If-Match that names the weak tag", { "if-match": 'W/"a"' }, 412, 412],
    ["If-Match with another tag", { "if-match": '"b"' }, 412, 412],
    ["If-Match with a list", { "if-match": '"b", "a"' }, 200, 412],
    ["If-Match with a star", { "if-match": "*" }, 200, 200],
    ["If-Match with garbage", { "if-match": "a" }, 412, 412],
    ["If-Match that is empty", { "if-match": "" }, 412, 412],
    ["If-Unmodified-Since the same time", { "if-unmodified-since": at }, 200, 200],
    ["If-Unmodified-Since an earlier time", { "if-unmodified-since": before }, 412, 412],
    ["If-Unmodified-Since a later time", { "if-unmodified-since": after }, 200, 200],
    ["If-Unmodified-Since with garbage", { "if-unmodified-since": "yesterday" }, 200, 200],
    ["If-Match before If-Unmodified-Since", { "if-match": "*", "if-unmodified-since": before }, 200, 200],
    ["If-None-Match that names the tag", { "if-none-match": '"a"' }, 304, 304],
    ["If-None-Match that names the weak tag", { "if-none-match": 'W/"a"' }, 304, 304],
    ["If-None-Match with another tag", { "if-none-match": '"b"' }, 200, 200],
    ["If-None-Match with a list", { "if-none-match": '"b" ,,\tW/"a"' }, 304, 304],
    ["If-None-Match with a comma in a tag", { "if-none-match": '"b,", "a"' }, 304, 304],
    ["If-None-Match with a star", { "if-none-match": "*" }, 304, 304],
    ["If-None-Match with a star in a list", { "if-none-match": '"b", *' }, 200, 200],
    ["If-None-Match with garbage", { "if-none-match": "a" }, 200, 200],
    ["If-None-Match with an open quote", { "if-none-match": '"a' }, 200, 200],
    ["If-None-Match with garbage after the tag", { "if-none-match": '"a" x' }, 200, 200],
    ["If-Modified-Since the same time", { "if-modified-since": at }, 304, 304],
    ["If-Modified-Since an earlier time", { "if-modified-since": before }, 200, 200],
    ["If-Modified-Since a later time", { "if-modified-since": after }, 304, 304],
    ["If-Modified-Since with garbage", { "if-modified-since": "2021" }, 200, 200],
    [
      "If-None-Match before If-Modified-Since",
      { "if-none-match": '"b"', "if-modified-since": after },
      200,
      200,
    ],
    ["garbage in If-None-Match too", { "if-none-match": "x", "if-modified-since": after }, 200, 200],
    ["If-Match that fails before If-None-Match", { "if-match": '"b"', "if-none-match": '"a"' }, 412, 412],
    ["If-Match that holds and then If-None-Match", { "if-match": "*", "if-none-match": '"a"' }, 304, 304],
    [
      "If-Unmodified-Since that fails before If-None-Match",
      { "if-unmodified-since": before, "if-none-match": '"a"' },
      412,
      412,
    ],
  ])("%s", (_name, headers, ofStrong, ofWeak) => {
    expect(checkPreconditions(headers, strong)).toBe(ofStrong);
    expect(checkPreconditions(headers, weak)).toBe(ofWeak);
  });

  test("only `*` matches a representation without validators", () => {
    const nothing = { etag: null, lastModified: null };
    for (const value of ['"a"', 'W/"a"', "null"]) {
      expect(checkPreconditions({ "if-none-match": value }, nothing)).toBe(200);
      expect(checkPreconditions({ "if-match": value }, nothing)).toBe(412);
    }
    expect(checkPreconditions({ "if-modified-since": after, "if-unmodified-since": before }, nothing)).toBe(
      200,
    );
    expect(checkPreconditions({ "if-none-match": "*" }, nothing)).toBe(304);
  });

  test("any text has a result, in linear time", () => {
    const pieces = fc.constantFrom('"', "W/", ",", " ", "a", "*", '"a"', "\t", "\\", "é", at, "GMT");
    const value = fc.array(pieces, { maxLength: 50 }).map((list) => list.join(""));
    const headers = fc.record(
      {
        "if-match": value,
        "if-none-match": value,
        "if-modified-since": value,
        "if-unmodified-since": value,
        "if-range": value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(headers, (sent) => {
        expect([200, 304, 412]).toContain(checkPreconditions(sent, weak));
        expect(typeof allowsRange(sent, strong, time + 5000)).toBe("boolean");
      }),
    );
    const long = `${'"b",'.repeat(4_000)}${" ,".repeat(4_000)}x`;
    expect(checkPreconditions({ "if-none-match": long }, weak)).toBe(200);
  });

  test("a list of tags matches exactly when it has the tag, with or without W/", () => {
    const opaque = fc.string({ unit: fc.constantFrom("a", "b", "!", ",", "#", "~"), maxLength: 3 });
    const tag = fc.tuple(fc.boolean(), opaque).map(([isWeak, text]) => `${isWeak ? "W/" : ""}"${text}"`);
    const separator = fc.constantFrom(",", ", ", " ,", ",,", ", , ");
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1, maxLength: 5 }), separator, tag, (tags, between, etag) => {
        const expected = tags.some((each) => each.replace("W/", "") === etag.replace("W/", "")) ? 304 : 200;
        const headers = { "if-none-match": tags.join(between) };
        expect(checkPreconditions(headers, { etag, lastModified: null })).toBe(expected);
      }),
    );
  });
});

describe("allowsRange", () => {
  test.each<readonly [ifRange: string | undefined, ofStrong: boolean, ofWeak: boolean]>([
    [undefined, true, true],
    ['"a"', true, false],
    ['W/"a"', false, false],
    ['"b"', false, false],
    ["*", false, false],
    ['"a', false, false],
    ['"b", "a"', true, false],
    [at, true, true],
    [before, false, false],
    [after, false, false],
    ["", false, false],
    ["garbage", false, false],
  ])("with If-Range %s", (ifRange, ofStrong, ofWeak) => {
    const headers = ifRange === undefined ? {} : { "if-range": ifRange };
    expect(allowsRange(headers, strong, time + 1000)).toBe(ofStrong);
    expect(allowsRange(headers, weak, time + 1000)).toBe(ofWeak);
  });

  test("a date within the last second is weak", () => {
    expect(allowsRange({ "if-range": at }, strong, time + 999)).toBe(false);
  });
});
