import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../../core/test/_code-point.ts";
import { createFileName } from "../../src/files/file-name.ts";

/** The name on disk, with `*` for its random part and its time. */
function shapeOf(filename: string): string {
  return createFileName(filename, 1_709_999_999_999).replace(/_[0-9a-f]{8}_1709999999999/, "*");
}

describe("the name of a file on disk", () => {
  test.each([
    ["avatar.png", "avatar*.png"],
    ["grüße.txt", "grüße*.txt"],
    ["日本.pdf", "日本*.pdf"],
    ["हिन्दी.txt", "हिन्दी*.txt"],
    ["two words.txt", "two_words*.txt"],
    ["README", "README*"],
    ["a.tar.gz", "a_tar*.gz"],
    [".htaccess", "htaccess*"],
    ["a.", "a*"],
    ["", "file*"],
    ["...", "file*"],
    ["../../etc/x", "etc_x*"],
    ["..\\x", "x*"],
    ["/abs", "abs*"],
    ["%2e%2e%2fx", "2e_2e_2fx*"],
    ["a\0b.png", "a_b*.png"],
    ["a.p\0ng", "a_p_ng*"],
    ["a\r\nb.txt", "a_b*.txt"],
    ["CON", "CON*"],
    ["con.tar.gz", "con_tar*.gz"],
    ["photo\u202egnp.exe", "photo_gnp*.exe"],
    ["zero\u200bwidth.txt", "zero_width*.txt"],
    ["\u0301mark.txt", "mark*.txt"],
    ["-rf", "rf*"],
    ["a;b|c&d$(e)`f`.sh", "a_b_c_d_e_f*.sh"],
    ["\ud800.txt", "file*.txt"],
    ["e\u0301.txt", "é*.txt"],
    ["a.verylongextensionindeed", "a_verylongextensionindeed*"],
    ["a.tä", "a_tä*"],
    [`${"x".repeat(5_000)}.png`, `${"x".repeat(100)}*.png`],
    [`${"日".repeat(5_000)}.png`, `${"日".repeat(33)}*.png`],
  ])("%j becomes %j", (filename, shape) => {
    expect(shapeOf(filename)).toBe(shape);
  });

  test("has a random part and the current time", () => {
    const names = new Set(Array.from({ length: 1_000 }, () => createFileName("a.txt", 0)));
    expect(names.size).toBe(1_000);
    const [, time] = /^a_[0-9a-f]{8}_(\d+)\.txt$/.exec(createFileName("a.txt")) ?? [];
    expect(Math.abs(Number(time) - Date.now())).toBeLessThan(10_000);
  });

  test("of any text is one short path segment on every system", () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint, maxLength: 400 }), (filename) => {
        const name = createFileName(filename);
        expect(name).toMatch(/^[\p{L}\p{N}\p{M}_-]+_[0-9a-f]{8}_\d{13}(?:\.[A-Za-z0-9]{1,16})?$/u);
        expect(name).not.toMatch(/^[-.]/);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(150);
      }),
    );
  });
});
