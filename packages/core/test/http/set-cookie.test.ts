import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCookies } from "../../src/http/cookies.ts";
import {
  type CookieOptions,
  mergeSetCookie,
  serializeClearedCookie,
  serializeCookie,
} from "../../src/http/set-cookie.ts";
import { codePoint } from "../_code-point.ts";

test.each<[string, string, CookieOptions | undefined, string]>([
  ["a", "1", undefined, "a=1"],
  ["a", "", {}, "a="],
  ["a", 'x y;z="é",\\\r\n', {}, "a=x%20y%3Bz%3D%22%C3%A9%22%2C%5C%0D%0A"],
  ["a", "1", { maxAge: 3600 }, "a=1; Max-Age=3600"],
  ["a", "1", { maxAge: 1.9 }, "a=1; Max-Age=1"],
  ["a", "1", { maxAge: 0 }, "a=1; Max-Age=0"],
  ["a", "1", { maxAge: -5 }, "a=1; Max-Age=-5"],
  ["a", "1", { maxAge: 1e300 }, "a=1; Max-Age=9007199254740991"],
  ["a", "1", { path: "/" }, "a=1; Path=/"],
  ["a", "1", { domain: "example.com" }, "a=1; Domain=example.com"],
  ["a", "1", { domain: ".example.com" }, "a=1; Domain=.example.com"],
  ["a", "1", { expires: new Date(0) }, "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
  ["a", "1", { httpOnly: true, secure: true }, "a=1; HttpOnly; Secure"],
  ["a", "1", { httpOnly: false, secure: false, partitioned: false }, "a=1"],
  ["a", "1", { sameSite: "lax" }, "a=1; SameSite=Lax"],
  ["a", "1", { sameSite: "STRICT" }, "a=1; SameSite=Strict"],
  ["a", "1", { sameSite: "None" }, "a=1; Secure; SameSite=None"],
  ["a", "1", { sameSite: "none", secure: false }, "a=1; Secure; SameSite=None"],
  ["a", "1", { priority: "High" }, "a=1; Priority=High"],
  ["a", "1", { partitioned: true }, "a=1; Secure; Partitioned"],
  ["a", "1", { maxAge: undefined, path: undefined, sameSite: undefined }, "a=1"],
  [
    "session",
    "abc",
    { maxAge: 3600, path: "/", httpOnly: true, secure: true, sameSite: "lax" },
    "session=abc; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax",
  ],
  ["!#$%&'*+-.^_`|~9Az", "1", {}, "!#$%&'*+-.^_`|~9Az=1"],
])("the cookie %j = %j with %o", (name, value, options, line) => {
  expect(serializeCookie(name, value, options)).toBe(line);
});

// Domains that browsers accept: RFC 6265bis sections 5.6.3 and 5.7, RFC 1034 section 3.1.
const label63 = "l".repeat(63);
const domain253 = `${label63}.${label63}.${label63}.${"l".repeat(61)}`;

test.each([
  "example.com",
  "EXAMPLE.com",
  ".example.com",
  "a.b.c.example.com",
  "localhost",
  "127.0.0.1",
  "x",
  "my_host.example.com",
  "_dmarc.example.com",
  "xn--bcher-kva.example",
  "a--b.example.com",
  `${label63}.example`,
  domain253,
  `.${domain253}`,
])("the domain %j is sent as it is", (domain) => {
  expect(serializeCookie("a", "1", { domain })).toBe(`a=1; Domain=${domain}`);
  expect(serializeClearedCookie("a", { domain })).toContain(`; Domain=${domain};`);
});

test.each([
  "domain..com",
  "example.com..",
  "..example.com",
  "example.com.",
  ".example.com.",
  ".",
  "..",
  `l${label63}.example`,
  `l${domain253}`,
  "a.".repeat(200_000),
])("the domain %.40j is refused, because it is not a host name", (domain) => {
  for (const serialize of [serializeCookie.bind(null, "a", "1"), serializeClearedCookie.bind(null, "a")]) {
    expect(() => serialize({ domain })).toThrow(
      expect.objectContaining({
        code: "PKT_COOKIE_INVALID",
        message: expect.stringContaining('expected a host name such as "example.com"'),
      }),
    );
  }
});

test.each([
  ["example.com:80", ":"],
  ["[::1]", "["],
  ["::1", ":"],
  ["http://example.com", ":"],
  ["example.com/path", "/"],
  ["user@example.com", "@"],
  ["exa mple.com", " "],
  [" example.com", " "],
  ["example.com ", " "],
  ["example.com,example.org", ","],
  ["*.example.com", "*"],
  ["exämple.com", "ä"],
  ["example。com", "。"],
  ["example%2ecom", "%"],
  ['"example.com"', '"'],
])("the domain %j is refused for its %j", (domain, character) => {
  expect(() => serializeCookie("a", "1", { domain })).toThrow(
    expect.objectContaining({
      code: "PKT_COOKIE_INVALID",
      message: expect.stringContaining(`domain has the illegal character ${JSON.stringify(character)}`),
    }),
  );
});

test.each<[string, unknown, object, RegExp]>([
  ["an empty name", "", {}, /name is "", expected a text/],
  ["a name that is not a string", 5, {}, /name is 5/],
  ["a semicolon in the name", "a;b", {}, /name has the illegal character ";"/],
  ["an equals sign in the name", "a=b", {}, /illegal character "="/],
  ["a line feed in the name", "a\nSet-Cookie: b", {}, /illegal character "\\n"/],
  ["a letter beyond ASCII in the name", "é", {}, /illegal character "é"/],
  ["a semicolon in the path", "a", { path: "/; Domain=evil.example" }, /path has the illegal character ";"/],
  ["CR LF in the path", "a", { path: "/\r\nX: y" }, /path has the illegal character "\\r"/],
  ["NUL in the path", "a", { path: "/\0" }, /path has the illegal character "\\u0000"/],
  ["a letter beyond Latin-1 in the path", "a", { path: "/日" }, /path has the illegal character "日"/],
  ["a path that is not a string", "a", { path: null }, /path is null/],
  ["a semicolon in the domain", "a", { domain: "x; Path=/" }, /domain has the illegal character ";"/],
  ["a port in the domain", "a", { domain: "example.com:80" }, /domain has the illegal character ":"/],
  ["an empty domain", "a", { domain: "" }, /domain is ""/],
  [
    "an unknown sameSite",
    "a",
    { sameSite: "lax; Secure" },
    /sameSite is "lax; Secure", expected strict, lax, none/,
  ],
  ["a sameSite that is not a string", "a", { sameSite: true }, /sameSite is true/],
  ["a sameSite of Object.prototype", "a", { sameSite: "constructor" }, /sameSite is "constructor"/],
  ["an unknown priority", "a", { priority: "highest" }, /priority is "highest", expected low, medium, high/],
  [
    "a maxAge that is not a number",
    "a",
    { maxAge: "3600" },
    /maxAge is "3600", expected a number of seconds/,
  ],
  ["an infinite maxAge", "a", { maxAge: Number.POSITIVE_INFINITY }, /maxAge is Infinity/],
  ["an invalid date", "a", { expires: new Date("x") }, /expires is a Date of the year NaN/],
  [
    "a date that browsers do not accept",
    "a",
    { expires: new Date(8.64e15) },
    /expires is a Date of the year 275760/,
  ],
  ["a date as text", "a", { expires: "tomorrow" }, /expires is "tomorrow"/],
])("%s throws PKT_COOKIE_INVALID with the reason", (_name, name, options, message) => {
  const set = (): unknown => Reflect.apply(serializeCookie, undefined, [name, "1", options]);
  expect(set).toThrow(message);
  expect(set).toThrow(expect.objectContaining({ code: "PKT_COOKIE_INVALID" }));
});

test("half of a surrogate pair in the value throws PKT_COOKIE_INVALID", () => {
  expect(() => serializeCookie("a", "\ud800")).toThrow(
    expect.objectContaining({ code: "PKT_COOKIE_INVALID" }),
  );
});

test("a cleared cookie ended in 1970 and repeats path, domain and the rest", () => {
  expect(serializeClearedCookie("a", { path: "/x", domain: "example.com", maxAge: 9, secure: true })).toBe(
    "a=; Max-Age=0; Domain=example.com; Path=/x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure",
  );
});

test.each<[string, number | string | string[] | undefined, string, string[]]>([
  ["the first cookie", undefined, "a=1", ["a=1"]],
  ["another name", ["a=1"], "b=1", ["a=1", "b=1"]],
  ["a name that begins with another one", ["ab=1"], "a=1", ["ab=1", "a=1"]],
  ["the same name", ["a=1", "b=1"], "a=2", ["b=1", "a=2"]],
  [
    "the same name, path and domain in another case",
    ["a=1; PATH=/; domain=.Example.com"],
    "a=2; Domain=example.com; Path=/",
    ["a=2; Domain=example.com; Path=/"],
  ],
  ["another path", ["a=1; Path=/x"], "a=2; Path=/", ["a=1; Path=/x", "a=2; Path=/"]],
  ["a path in another case", ["a=1; Path=/X"], "a=2; Path=/x", ["a=1; Path=/X", "a=2; Path=/x"]],
  ["another domain", ["a=1; Domain=x.example"], "a=2", ["a=1; Domain=x.example", "a=2"]],
  ["a header set as text", "a=1; Path=/", "a=2; Path=/", ["a=2; Path=/"]],
  ["a header set as a number", 5, "a=2", ["5", "a=2"]],
])("%s is merged into the list", (_name, lines, line, merged) => {
  expect(mergeSetCookie(lines, line)).toEqual(merged);
});

test("for any value, the line is visible ASCII, and the value is read back", () => {
  const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019!#$%&'*+-.^_`|~"), minLength: 1 });
  fc.assert(
    fc.property(token, fc.string({ unit: "grapheme" }), (name, value) => {
      const line = serializeCookie(name, value, { path: "/" });
      expect(line).toMatch(/^[!-~]+; Path=\/$/);
      expect(parseCookies(line.split(";", 1)[0])[name]).toBe(value);
    }),
  );
});

test("any options give a line without control characters or throw PKT_COOKIE_INVALID", () => {
  const text = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.constantFrom("/", "a", "lax", "example.com", "\r\n", ";", "é"),
  );
  const options = fc.record(
    { path: text, domain: text, sameSite: text, priority: text, maxAge: fc.oneof(text, fc.double()) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(text, text, options, (name, value, given) => {
      try {
        const line: unknown = Reflect.apply(serializeCookie, undefined, [name, value, given]);
        expect(line).toMatch(/^[ -~]+$/);
      } catch (error) {
        expect(error).toMatchObject({ code: "PKT_COOKIE_INVALID" });
      }
    }),
  );
});
