import { validateHeaderValue } from "node:http";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../../core/test/_code-point.ts";
import { contentDisposition } from "../../src/http/content-disposition.ts";

describe("contentDisposition", () => {
  test.each<readonly [name: string, value: string]>([
    ["report.pdf", 'attachment; filename="report.pdf"'],
    ["my report.pdf", 'attachment; filename="my report.pdf"'],
    ['a"b.txt', 'attachment; filename="a\\"b.txt"'],
    ["résumé.pdf", "attachment; filename=\"r_sum_.pdf\"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf"],
    ["😀.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%F0%9F%98%80.txt"],
    ["50%25.txt", "attachment; filename=\"50%25.txt\"; filename*=UTF-8''50%2525.txt"],
    ["é'(*)!.txt", "attachment; filename=\"_'(*)!.txt\"; filename*=UTF-8''%C3%A9%27%28%2A%29!.txt"],
    ["a\r\nSet-Cookie: x=1", 'attachment; filename="aSet-Cookie: x=1"'],
    ["a\0b\u0085c", 'attachment; filename="abc"'],
    ["../../etc/passwd", 'attachment; filename="passwd"'],
    ["..\\..\\evil.exe", 'attachment; filename="evil.exe"'],
    ["", 'attachment; filename="download"'],
    ["..", 'attachment; filename="download"'],
    ["a/", 'attachment; filename="download"'],
    [" \t ", 'attachment; filename="download"'],
    ["\ud800.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%EF%BF%BD.txt"],
  ])("%j", (name, value) => expect(contentDisposition(name)).toBe(value));

  test("encodes any name as one valid header value, which has the name without folders and control characters", () => {
    const name = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.string({ unit: fc.constantFrom('"', "\\", ";", "%", "'", "a", "é", "\r", "\n", "/", "*") }),
    );
    fc.assert(
      fc.property(name, (text) => {
        const value = contentDisposition(text);
        expect(() => validateHeaderValue("Content-Disposition", value)).not.toThrow();
        expect(value).toMatch(
          /^attachment; filename="(?:[^"\\]|\\["\\])*"(?:; filename\*=UTF-8''(?:[\w!#$&+\-.^`|~]|%[0-9A-F]{2})+)?$/,
        );
        const [, extended] = /UTF-8''(.*)$/.exec(value) ?? [];
        if (extended !== undefined) expect(decodeURIComponent(extended)).not.toMatch(/[/\\]|\p{Cc}/u);
      }),
    );
  });
});
