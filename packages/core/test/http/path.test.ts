import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalPath, parseRoutePath, splitAbsoluteForm, UNREACHABLE } from "../../src/http/path.ts";
import { codePoint } from "../_code-point.ts";

/** Converts the UTF-8 bytes of a text to Latin-1 characters, as node:http represents raw bytes in `request.url`. */
function rawBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Percent-encodes a canonical path like a careful client. */
function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** Random text with many characters that are special in paths. */
const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "/",
        "//",
        ".",
        "..",
        "%",
        "%2F",
        "%2f",
        "%5C",
        "%2e",
        "%2E%2e",
        "%00",
        "%0d%0a",
        "%61",
        "\\",
        "?",
        "#",
      ),
      fc.constantFrom(
        "%c0%ae",
        "%c0%af",
        "%e0%80%af",
        "%ed%a0%80",
        "%ff",
        "\u0080",
        "\u00c3\u00a9",
        "\u00c0\u00ae",
        ";",
        ":",
        "*",
      ),
      fc.string({ maxLength: 4 }),
      fc.string({ unit: codePoint, maxLength: 2 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

describe("canonicalPath", () => {
  describe("gives the one path that all spellings of a target share", () => {
    test.each<[target: string, canonical: string]>([
      ["/", "/"],
      ["/?id=x", "/"],
      ["/a", "/a"],
      ["/a/b/c", "/a/b/c"],
      ["/a?", "/a"],
      ["/a?b=/c/../d//e", "/a"],
      ["/a?b?c", "/a"],
      ["/a%3Fb", "/a?b"],
      ["/a%23b", "/a#b"],
      ["/a?x=%zz", "/a"],
      ["/%61", "/a"],
      ["/%61pi/%73tatus", "/api/status"],
      ["/api%2525", "/api%25"],
      ["/a%20b", "/a b"],
      ["/a+b", "/a+b"],
      ["/caf%C3%A9", "/café"],
      ["/caf%c3%a9", "/café"],
      [rawBytes("/café"), "/café"],
      [rawBytes("/日本/語"), "/日本/語"],
      ["/%F0%9F%8E%89", "/🎉"],
      ["/caf\u00c3%A9", "/café"],
      ["/a;b=c,d", "/a;b=c,d"],
      ["/A", "/A"],
      ["/a:b@c", "/a:b@c"],
      ["/.a", "/.a"],
      ["/..a", "/..a"],
      ["/a.", "/a."],
      ["/a/...", "/a/..."],
      ["/a/.well-known/b", "/a/.well-known/b"],
      ["/%2Ea", "/.a"],
      ["/%252e%252e/a", "/%2e%2e/a"],
      ["/%252F", "/%2F"],
      ["/__proto__", "/__proto__"],
    ])("%j is %j", (target, canonical) => {
      expect(canonicalPath(target)).toBe(canonical);
    });
  });

  describe("keeps a trailing slash, because it makes another path", () => {
    test.each<[target: string, canonical: string]>([
      ["/a/", "/a/"],
      ["/a/?x", "/a/"],
      ["/%61/", "/a/"],
      ["/a/b/", "/a/b/"],
    ])("%j is %j", (target, canonical) => {
      expect(canonicalPath(target)).toBe(canonical);
    });
  });

  describe("gives the path of a target in absolute-form (RFC 9112 section 3.2.2)", () => {
    test.each<[target: string, canonical: string]>([
      ["http://example.com/a", "/a"],
      ["HTTP://example.com/a?b", "/a"],
      ["https://example.com:8443/%61", "/a"],
      ["http://example.com", "/"],
      ["http://example.com?x=1", "/"],
      ["http://[::1]:3000/a/", "/a/"],
    ])("%j is %j", (target, canonical) => {
      expect(canonicalPath(target)).toBe(canonical);
    });
  });

  describe("is unreachable for a target that could bypass a route or its gates", () => {
    test.each<[target: string]>([
      ["//"],
      ["//a"],
      ["/a//b"],
      ["/a//"],
      ["//a?b"],
      ["/."],
      ["/./"],
      ["/./a"],
      ["/a/."],
      ["/a/./b"],
      ["/.."],
      ["/../a"],
      ["/a/.."],
      ["/a/../b"],
      ["/..?x"],
      ["/%2e"],
      ["/%2E%2e/a"],
      ["/.%2e/a"],
      ["/%2e./a"],
      ["/a/%2e%2E"],
      ["/a%2Fb"],
      ["/a%2fb"],
      ["/%2F"],
      ["/..%2f..%2fetc"],
      ["/a%09"],
      ["/a%1b"],
      ["/a%7f"],
      ["http://example.com//a"],
      ["http://example.com/../a"],
    ])("%j", (target) => {
      expect(canonicalPath(target)).toBe(UNREACHABLE);
    });
  });

  describe("is null for a malformed target", () => {
    test.each<[reason: string, target: string]>([
      ["a percent sign alone", "/%"],
      ["one hexadecimal digit", "/a%2"],
      ["no hexadecimal digits", "/%zz"],
      ["a percent sign at the end", "/abc%"],
      ["a percent-encoded sequence cut in the middle", "/%e0%a4%a"],
      ["a lone continuation byte", "/%80"],
      ["a lone continuation byte, raw", "/\u0080"],
      ["a byte that UTF-8 never has", "/%ff"],
      ["a raw byte that UTF-8 never has", "/\u00ff"],
      ["Latin-1 instead of UTF-8", "/caf\u00e9"],
      ["an overlong slash of two bytes", "/%c0%af"],
      ["an overlong slash of two bytes, raw", "/\u00c0\u00af"],
      ["an overlong slash of three bytes", "/%e0%80%af"],
      ["an overlong dot", "/%c0%ae%c0%ae/a"],
      ["an overlong NUL", "/%c0%80"],
      ["an encoded surrogate", "/%ed%a0%80"],
      ["a code point above the last one", "/%f4%90%80%80"],
      ["the %u encoding of old scripts", "/%u0061"],
      ["an encoded backslash", "/a%5Cb"],
      ["an encoded backslash, in lower case", "/a%5cb"],
      ["dot segments of Windows", "/..%5c..%5cwindows"],
      ["a backslash", "/a\\b"],
      ["a backslash at the beginning", "/\\a"],
      ["a backslash after a dot segment", "/../a\\b"],
      ["a backslash after a dot segment, encoded", "/../%5c"],
      ["an encoded NUL", "/a%00"],
      ["nothing but an encoded NUL", "/%00"],
      ["an encoded NUL before an extension", "/a%00.txt"],
      ["an encoded NUL after an empty segment", "//%00"],
      ["an encoded line break", "/a%0d%0aSet-Cookie:x"],
      ["an encoded line feed", "/a%0A"],
      ["an encoded carriage return", "/a%0d"],
      ["a fragment", "/a#b"],
      ["a fragment at once", "/#"],
      ["a fragment before a query", "/a#b?c"],
      ["a fragment in a query", "/a?b#c"],
      ["a fragment in absolute-form", "http://example.com/a#b"],
      ["nothing", ""],
      ["no slash", "a"],
      ["asterisk-form", "*"],
      ["authority-form", "example.com:443"],
      ["another scheme", "ftp://example.com/a"],
      ["a scheme without an authority", "http:/a"],
      ["a backslash in the authority", "http://example.com\\a"],
      ["a query alone", "?a"],
    ])("%s: %j", (_reason, target) => {
      expect(canonicalPath(target)).toBeNull();
    });
  });

  test("never throws for any target", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostileText,
          hostileText.map((text) => `/${text}`),
          hostileText.map((text) => `http://a/${text}`),
        ),
        (target) => {
          const path = canonicalPath(target);
          expect(path === null || path === UNREACHABLE || path.startsWith("/")).toBe(true);
        },
      ),
    );
  });

  test("never gives a control character, a backslash, a dot segment or an empty inner segment", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const path = canonicalPath(`/${text}`);
        if (path === null || path === UNREACHABLE) return;
        const segments = path.slice(1).split("/");
        expect(segments.slice(0, -1)).not.toContain("");
        expect(segments).not.toContain(".");
        expect(segments).not.toContain("..");
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the test excludes control characters
        expect(path).not.toMatch(/[\u0000-\u001f\u007f\\]/);
      }),
    );
  });

  test("gives the same path again for its own result, encoded", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const path = canonicalPath(`/${text}`);
        if (path === null || path === UNREACHABLE) return;
        expect(canonicalPath(encodePath(path))).toBe(path);
        expect(canonicalPath(rawBytes(encodePath(path)))).toBe(path);
      }),
    );
  });

  test("ignores the query", () => {
    fc.assert(
      fc.property(hostileText, hostileText, (text, query) => {
        const target = `/${text.replaceAll("?", "")}`;
        fc.pre(!query.includes("#"));
        expect(canonicalPath(`${target}?${query}`)).toBe(canonicalPath(target));
      }),
    );
  });

  test("does not depend on which characters of a segment are percent-encoded", () => {
    const segment = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const encodeAll = (text: string): string =>
          [...Buffer.from(text, "utf8")].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
        const plain = `/${segments.map(encodeURIComponent).join("/")}`;
        expect(canonicalPath(`/${segments.map(encodeAll).join("/")}`)).toBe(canonicalPath(plain));
      }),
    );
  });

  describe("handles a target of a million characters", () => {
    test.each<[what: string, unit: string, expected: (path: string | null) => boolean]>([
      ["slashes", "/", (path) => path === UNREACHABLE],
      ["segments", "/a", (path) => path?.length === 1_000_000],
      ["dot segments", "/..", (path) => path === UNREACHABLE],
      ["percent-codes", "/%61", (path) => path?.startsWith("/a/a") === true],
      ["raw bytes", "/\u00c3\u00a9", (path) => path?.startsWith("/é/é") === true],
      ["malformed percent-codes", "%2", (path) => path === null],
    ])("made of %s", (_what, unit, expected) => {
      const count = Math.floor(1_000_000 / unit.length);
      const target = unit.repeat(count);
      // A quadratic algorithm would exceed the time limit of the test.
      expect(expected(canonicalPath(target.startsWith("/") ? target : `/${target}`))).toBe(true);
    });
  });
});

describe("splitAbsoluteForm", () => {
  test.each<[target: string, expected: { authority: string; path: string } | null]>([
    ["http://a/b", { authority: "a", path: "/b" }],
    ["https://a:1/b?c", { authority: "a:1", path: "/b?c" }],
    ["http://a", { authority: "a", path: "/" }],
    ["http://a?b", { authority: "a", path: "/?b" }],
    ["http://user@a/b", { authority: "user@a", path: "/b" }],
    ["http:///b", { authority: "", path: "/b" }],
    ["/b", null],
    ["*", null],
    ["ws://a/b", null],
    ["http://a/b#c", null],
    ["http://a\\b", null],
    ["xhttp://a/b", null],
  ])("%j gives %j", (target, expected) => {
    expect(splitAbsoluteForm(target)).toEqual(expected);
  });
});

describe("parseRoutePath", () => {
  describe("reads exact paths", () => {
    test.each<[path: string, text: string]>([
      ["", "/"],
      ["/", "/"],
      ["a", "/a"],
      ["/a", "/a"],
      ["a/b", "/a/b"],
      ["a/", "/a/"],
      ["a:b", "/a:b"],
      ["%61", "/a"],
      ["a%20b", "/a b"],
      ["a b", "/a b"],
      ["100%25", "/100%"],
      ["caf%C3%A9", "/café"],
      ["café", "/café"],
      ["grüße/日本", "/grüße/日本"],
      ["ÿ", "/ÿ"],
      ["🎉", "/🎉"],
      ["__proto__", "/__proto__"],
      ["%3Aid", "/:id"],
      ["users/%3aid", "/users/:id"],
      ["%2A", "/*"],
      ["%2A/b", "/*/b"],
    ])("%j is the route %j", (path, text) => {
      expect(parseRoutePath(path, false)).toEqual({ text, pattern: null });
    });
  });

  describe("reads patterns", () => {
    test.each<[path: string, text: string, pattern: readonly string[]]>([
      [":id", "/:id", ["param id"]],
      ["users/:id", "/users/:id", ["literal users", "param id"]],
      ["/users/:id/files/*", "/users/:id/files/*", ["literal users", "param id", "literal files", "rest *"]],
      ["*", "/*", ["rest *"]],
      [":a/:b", "/:a/:b", ["param a", "param b"]],
      [":id/", "/:id/", ["param id", "literal "]],
      [":_$9", "/:_$9", ["param _$9"]],
      [":constructor/:__proto__", "/:constructor/:__proto__", ["param constructor", "param __proto__"]],
      ["%61/:id", "/a/:id", ["literal a", "param id"]],
      ["größe/:id", "/größe/:id", ["literal größe", "param id"]],
      ["%3Ame/:id", "/:me/:id", ["literal :me", "param id"]],
      ["%2A/:id/*", "/*/:id/*", ["literal *", "param id", "rest *"]],
    ])("%j is the pattern %j", (path, text, pattern) => {
      const parsed = parseRoutePath(path, false);
      expect(parsed.text).toBe(text);
      expect(parsed.pattern?.map((segment) => `${segment.kind} ${segment.text}`)).toEqual(pattern);
    });
  });

  test.each<[path: string]>([
    [":id"],
    ["users/:id"],
    ["*"],
    ["a/*/b"],
    [":1"],
    [":a/:a"],
    ["a*"],
    ["**"],
    ["{id}"],
  ])("%j is literal when the route asks for an exact path", (path) => {
    expect(parseRoutePath(path, true)).toEqual({ text: `/${path}`, pattern: null });
  });

  describe("refuses what could never match, and says why", () => {
    test.each<[path: unknown, problem: RegExp]>([
      [undefined, /routePath undefined: expected a string such as "api\/users\/:id"/],
      [null, /expected a string/],
      [42, /routePath 42: expected a string/],
      [1n, /routePath 1n: expected a string/],
      [/a/, /expected a string such as "api\/users\/:id": write :name for a part/],
      [{}, /expected a string/],
      [["a"], /expected a string such as "api\/users\/:id": call handle\(\) once for each path/],
      [Symbol("a"), /routePath Symbol\(a\): expected a string/],
      ["a?b", /no query/],
      ["a#b", /no fragment/],
      ["%", /malformed percent-encoding; write % as %25/],
      ["100%", /write % as %25/],
      ["%c0%af", /malformed percent-encoding/],
      ["a//b", /can never match/],
      ["//a", /can never match/],
      ["../a", /can never match/],
      ["a/./b", /can never match/],
      ["a/%2e%2e", /can never match/],
      ["a\\b", /can never match/],
      ["a%2Fb", /can never match/],
      ["a\nb", /can never match/],
      ["a%00", /can never match/],
      ["*/a", /"\*" matches the rest, so it must be the last segment/],
      ["a/*/", /must be the last segment/],
      ["*/*", /must be the last segment/],
      [":", /needs a name/],
      ["a/:", /needs a name/],
      [":1a", /needs a name/],
      [":a-b", /":a-b" needs a name of letters, digits and _/],
      [":a?", /no optional parameters: write two routes, "\/" and ":a"$/],
      ["/a/:id?", /no optional parameters: write two routes, "\/a" and "\/a\/:id"$/],
      ["a/:id?/b", /write two routes, "a\/b" and "a\/:id\/b"$/],
      ["a?b=:id?", /no optional parameters/],
      [":a*", /a parameter is one segment: write "\*" as the last segment/],
      [":path+", /a parameter is one segment: write "\*" as the last segment/],
      ["/a/:id(\\d+)", /no expression of its own: write ":id", and check request\.params in the handler$/],
      [":id([0-9]{3})", /no expression of its own: write ":id"/],
      ["/files/*rest", /the rest of a path has no name: write "\*" as the last segment/],
      ["/files/**rest", /the rest of a path has no name/],
      ["/files/**", /"\*" is the rest of a path, as the whole last segment; write %2A/],
      ["a*", /write %2A for the character, or set PacketronHandlerFlags\.EXACT_PATH$/],
      ["*.css", /"\*" is the rest of a path/],
      ["/users/(\\d+)", /no regular expressions: write :name/],
      ["/users/(.*)", /no regular expressions: write :name/],
      ["/(?:a|b)", /no regular expressions/],
      [
        "users/{id}",
        /a parameter is written :id; for the text itself set PacketronHandlerFlags\.EXACT_PATH$/,
      ],
      ["users/[id]/edit", /a parameter is written :id/],
      ["<slug>", /a parameter is written :slug/],
      [
        "GET /users",
        /the method is an option: write method: PacketronRequestMethod\.GET, routePath: "\/users"$/,
      ],
      ["http://localhost:3000/users", /no scheme and no host; write the path alone/],
      [":%69d", /needs a name/],
      [":id/:id", /the parameter "id" appears in it twice/],
    ])("%s", (path, problem) => {
      expect(() => parseRoutePath(path, false)).toThrow(
        expect.objectContaining({ code: "PKT_ROUTE_PATH", message: expect.stringMatching(problem) }),
      );
    });
  });

  test("a route registered under any text is found by the encoded form of that text", () => {
    const segment = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const path = segments.join("/");
        fc.pre(!/[?#%]/.test(path));
        let text: string;
        try {
          text = parseRoutePath(path, true).text;
        } catch {
          return;
        }
        expect(canonicalPath(encodePath(text))).toBe(text);
        expect(canonicalPath(rawBytes(encodePath(text)))).toBe(text);
      }),
    );
  });
});
