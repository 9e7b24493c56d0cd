import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDisposition } from "../../src/form/disposition.ts";

/** Text as busboy gives it: one character for each byte. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}

describe("a Content-Disposition", () => {
  test.each<readonly [value: string, name: string, filename: string | undefined]>([
    ['form-data; name="a"', "a", undefined],
    ["form-data; name=a", "a", undefined],
    ['FORM-DATA; NAME="a"', "a", undefined],
    ['form-data;name="a";filename="b"', "a", "b"],
    ['form-data ; \t name = "a" ; filename = b', "a", "b"],
    ['form-data; filename="b"; name="a"', "a", "b"],
    ['form-data; name="a"; name="b"', "a", undefined],
    ["form-data", "", undefined],
    ['form-data; name=""', "", undefined],
    ['form-data; filename=""', "", ""],
    ['form-data; name="__proto__"', "__proto__", undefined],
    ['form-data; name="a[__proto__][x]"', "a[__proto__][x]", undefined],
    ['form-data; name="say \\"hi\\""', 'say "hi"', undefined],
    ['form-data; name="back\\\\slash"', "back\\slash", undefined],
    ['form-data; name="%22"', "%22", undefined],
    [bytesOf('form-data; name="grüße"; filename="日本.txt"'), "grüße", "日本.txt"],
    [bytesOf('form-data; name="a"; filename="😀.png"'), "a", "😀.png"],
    ['form-data; name="caf\xe9"; filename="\xe9t\xe9.txt"', "café", "été.txt"],
    [bytesOf('form-data; name="a"; filename="e\u0301.txt"'), "a", "\u00e9.txt"],
    ["form-data; name=a; filename=x; filename*=UTF-8''%e2%82%ac.txt", "a", "€.txt"],
    ["form-data; name=a; filename*=utf-8'en'%e2%82%ac.txt; filename=x", "a", "€.txt"],
    ["form-data; name=a; filename=x; filename*=iso-8859-1''%a3.txt", "a", "£.txt"],
    ["form-data; name=a; filename=x; filename*=UTF-8''%e2%82.txt", "a", "x"],
    ["form-data; name=a; filename=x; filename*=UTF-8''%zz", "a", "x"],
    ["form-data; name=a; filename=x; filename*=klingon''a", "a", "x"],
    ["form-data; name=a; filename=x; filename*=UTF-8", "a", "x"],
    ["form-data; name=a; filename=x; filename*=", "a", "x"],
    ["form-data; name=a; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "a", "passwd"],
    ["form-data; name=a; filename*=UTF-8''a%00b.png", "a", "a\0b.png"],
    ['form-data; name="a"; filename="../../etc/x"', "a", "x"],
    ['form-data; name="a"; filename="..\\\\x"', "a", "x"],
    ['form-data; name="a"; filename="C:\\Users\\x.txt"', "a", "x.txt"],
    ['form-data; name="a"; filename="/abs"', "a", "abs"],
    ['form-data; name="a"; filename=".."', "a", ""],
    ['form-data; name="a"; filename="dir\\"', "a", ""],
    ['form-data; name="a"; filename="unclosed', "a", ""],
    ['form-data; name="a"; nonsense; filename="b"', "a", undefined],
    ['form-data; name="a"; filename="x', "a", ""],
  ])("%j has the name %j and the file name %j", (value, name, filename) => {
    expect(parseDisposition(value)).toEqual({ name, filename });
  });

  test.each([
    "",
    "attachment; filename=a",
    "form-datax; name=a",
    "form-data name=a",
    ";",
    "form-data=; name=a",
  ])("%j is not of a form", (value) => {
    expect(parseDisposition(value)).toBeNull();
  });

  test("of any bytes never throws, and gives well-formed text", () => {
    const piece = fc.constantFrom(
      "; ",
      "name",
      "filename",
      "filename*",
      "=",
      '"',
      "\\",
      "UTF-8''",
      "%41",
      "%",
      "\xff",
      " ",
      "x",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 }))), (pieces) => {
        const value = Buffer.from(`form-data${pieces.join("")}`).toString("latin1");
        const { name, filename = "" } = parseDisposition(value) ?? { name: "" };
        expect(name.isWellFormed() && filename.isWellFormed()).toBe(true);
        expect(filename).not.toMatch(/[/\\]/);
      }),
    );
  });

  test("with any name and file name gives them back", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((each) => !/[\r\n\0\\/]/.test(each));
    fc.assert(
      fc.property(text, text, (name, filename) => {
        fc.pre(![".", ".."].includes(filename));
        const quoted = [name, filename].map((each) => `"${each.replaceAll('"', '\\"')}"`);
        const value = bytesOf(`form-data; name=${quoted[0]}; filename=${quoted[1]}`);
        expect(parseDisposition(value)).toEqual({ name, filename: filename.normalize("NFC") });
      }),
    );
  });

  test.each([
    ["spaces", `form-data;${" ".repeat(1e6)}x`],
    ["semicolons", `form-data${";".repeat(1e6)}`],
    ["quotes", `form-data; name=${'"'.repeat(1e6)}`],
    ["backslashes", `form-data; name="${"\\".repeat(1e6)}`],
    ["parameters", `form-data${"; a=b".repeat(2e5)}`],
    ["unclosed quotes", `form-data${';a="\\'.repeat(2e5)}`],
    ["percent signs", `form-data; filename*=UTF-8''${"%41".repeat(3e5)}%`],
  ])("of a million %s is read in under two seconds", (_name, value) => {
    const start = performance.now();
    parseDisposition(value);
    expect(performance.now() - start).toBeLessThan(2_000); // a quadratic search would take minutes
  });
});
