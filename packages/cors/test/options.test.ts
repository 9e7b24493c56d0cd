import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveSettings } from "../src/options.ts";
import { readOrigin } from "../src/origin.ts";

const APP = "https://app.example";

describe("resolveSettings()", () => {
  test("true and {} allow every origin, without credentials", () => {
    expect(resolveSettings({})).toEqual(resolveSettings(true));
    expect(resolveSettings(true)).toEqual({
      origin: "*",
      methods: null,
      allowedHeaders: null,
      exposedHeaders: null,
      credentials: false,
      maxAge: null,
      privateNetwork: false,
    });
  });

  test("takes lists and texts with commas", () => {
    const asList = resolveSettings({
      methods: ["GET", "PUT"],
      allowedHeaders: ["A", "B"],
      exposedHeaders: ["C"],
    });
    expect(resolveSettings({ methods: "GET,PUT", allowedHeaders: "A, B", exposedHeaders: "C," })).toEqual(
      asList,
    );
    expect(asList).toMatchObject({ methods: ["GET", "PUT"], allowedHeaders: "A, B", exposedHeaders: "C" });
  });

  test.each([
    ["a text", "yes", "expected true, false, or an object"],
    ["a list", [APP], "expected true, false, or an object"],
    ["an unknown part", { origins: [APP] }, 'Did you mean "origin"?'],
    ["credentials for all", { credentials: true }, 'origin: ["https://app.example"], credentials: true'],
    ["credentials for *", { origin: "*", credentials: true }, "Name the origins"],
    ["credentials that are a text", { origin: APP, credentials: "true" }, "true or false"],
    [
      "any header with credentials",
      { origin: APP, credentials: true, allowedHeaders: "*" },
      "cors.allowedHeaders",
    ],
    ["a method in small letters", { methods: ["put"] }, "methods in capital letters"],
    ["methods that are a number", { methods: 1 }, "a list of texts"],
    ["a header that is no name", { exposedHeaders: ["X One"] }, "names of headers"],
    ["a negative maxAge", { maxAge: -1 }, "seconds, 0 or more"],
    ["a maxAge that is a text", { maxAge: "600" }, "seconds, 0 or more"],
  ])("%s is refused with what to write", (_title, value, message) => {
    expect(() => resolveSettings(value)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^PKT_OPTION_(?:INVALID|UNKNOWN)$/),
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("readOrigin()", () => {
  test.each([
    [APP],
    ["http://localhost:5173"],
    ["http://[::1]:3000"],
    ["capacitor://localhost"],
    ["chrome-extension://abcdefghijklmnop"],
    ["null"],
  ])("takes %s, and matches it alone", (origin) => {
    const rule = readOrigin([origin]);
    if (rule === "*" || rule.kind !== "listed") throw new Error("expected a list");
    expect(
      ["https://other.example", `${origin}0`, "null", origin].filter((text) => rule.check(text)),
    ).toEqual(origin === "null" ? ["null", "null"] : [origin]);
  });

  test.each([
    ["a slash at the end", `${APP}/`, `browsers send "${APP}"`],
    ["a path", `${APP}/login`, `browsers send "${APP}"`],
    ["capital letters", "https://App.example", `browsers send "${APP}"`],
    ["a default port", `${APP}:443`, `browsers send "${APP}"`],
    ["an international name", "https://bücher.example", 'browsers send "https://xn--bcher-kva.example"'],
    ["no scheme", "app.example", "a scheme and a host"],
    ["a pattern in a text", "https://*.example", "a RegExp such as"],
    ["* in a list", [APP, "*"], 'origin: "*" without a list'],
    ["an empty list", [], "cors: false"],
    ["true", true, 'to allow every origin, write "*"'],
    ["false", false, "a function (origin, request)"],
    ["a number in a list", [1], "a function (origin, request)"],
    ["a RegExp with g", /app/g, "without the flags g and y"],
    ["a RegExp with y", [/app/y], "without the flags g and y"],
  ])("%s is refused with what to write", (_title, value, message) => {
    expect(() => readOrigin(value)).toThrow(
      expect.objectContaining({ code: "PKT_OPTION_INVALID", message: expect.stringContaining(message) }),
    );
  });

  test("a list matches exactly its texts, for any text of a client", () => {
    const rule = readOrigin([APP, "http://localhost:5173"]);
    if (rule === "*" || rule.kind !== "listed") throw new Error("expected a list");
    const near = fc
      .constantFrom(APP, "http://localhost:5173", "null", "*", "")
      .chain((text) =>
        fc
          .tuple(fc.constantFrom("", " ", ".", "/", ","), fc.string({ maxLength: 3 }))
          .map(([mark, end]) => text + mark + end),
      );
    fc.assert(
      fc.property(fc.oneof(near, fc.string(), fc.webUrl()), (origin) => {
        expect(rule.check(origin)).toBe(origin === APP || origin === "http://localhost:5173");
      }),
    );
  });
});
