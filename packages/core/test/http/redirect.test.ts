import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeLocation, isRedirect } from "../../src/http/redirect.ts";
import { codePoint } from "../_code-point.ts";

describe("encodeLocation", () => {
  test.each<[location: string, encoded: string | null]>([
    ["/", "/"],
    ["../a/./b?c=d&e=f#g", "../a/./b?c=d&e=f#g"],
    ["//other.example/a", "//other.example/a"],
    [
      "https://user:pw@[2001:db8::1]:8443/~a;b,c=(1)*$'!@",
      "https://user:pw@[2001:db8::1]:8443/~a;b,c=(1)*$'!@",
    ],
    ["/a b", "/a%20b"],
    ["/ü€😀", "/%C3%BC%E2%82%AC%F0%9F%98%80"],
    ["/\\evil.example", "/%5Cevil.example"],
    ['/"<>^`{|}', "/%22%3C%3E%5E%60%7B%7C%7D"],
    ["/100%", "/100%25"],
    ["/%zz%4", "/%25zz%254"],
    ["/%C3%bc%20", "/%C3%bc%20"],
    ["/\ud800x", "/%EF%BF%BDx"],
    ["/\u0085\u2028", "/%C2%85%E2%80%A8"],
    ["", null],
    ["/\t/evil.example", null],
    ["/a\r\nb", null],
    ["/a\0", null],
    ["/a\x7f", null],
  ])("%j becomes %j", (location, encoded) => {
    expect(encodeLocation(location)).toBe(encoded);
  });

  test("gives visible ASCII without characters that end or split a URI, and changes nothing the second time", () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint, minLength: 1 }), (location) => {
        const encoded = encodeLocation(location);
        if (encoded === null) {
          expect([...location].some((letter) => letter < " " || letter === "\x7f")).toBe(true);
          return;
        }
        expect(encoded).toMatch(/^[!#-;=?-[\]_a-z~]*$/);
        expect(encodeLocation(encoded)).toBe(encoded);
      }),
    );
  });
});

test.each([
  [300, false],
  [301, true],
  [302, true],
  [303, true],
  [304, false],
  [305, false],
  [307, true],
  [308, true],
  ["302", false],
  [Number.NaN, false],
])("%s redirects: %s", (status, redirects) => {
  expect(isRedirect(status)).toBe(redirects);
});
