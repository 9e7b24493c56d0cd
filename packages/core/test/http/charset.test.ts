import { describe, expect, test } from "vitest";
import { textDecoderFor } from "../../src/http/charset.ts";

describe("textDecoderFor", () => {
  test.each([
    [undefined, "c3a9", "é"],
    ["text/plain", "c3a9", "é"],
    ["text/plain; format=flowed", "c3a9", "é"],
    ["text/plain; charset=utf-8", "c3a9", "é"],
    ["text/plain; charset=UTF8", "c3a9", "é"],
    ['text/plain; charset="utf-8"', "c3a9", "é"],
    ["text/plain; charset=", "c3a9", "é"],
    ["no type; charset=latin1", "c3a9", "é"],
    ["text/plain", "efbbbfc3a9", "é"],
    ["text/plain", "efbbbf", ""],
    ["text/plain", "c3a9efbbbf", "é\uFEFF"],
    ["text/plain", "61ff62", "a\uFFFDb"],
    ["text/plain", "efbb", "\uFFFD"],
    ["text/plain; charset=iso-8859-1", "e9", "é"],
    ["text/plain; charset=latin1", "e9", "é"],
    ["text/plain; charset=us-ascii", "61", "a"],
    ["text/plain; charset=windows-1252", "80", "€"],
    ["text/plain; charset=utf-16le", "e900", "é"],
    ["text/plain; charset=utf-16le", "fffee900", "é"],
    ["text/plain; charset=utf-16be", "00e9", "é"],
    ["text/plain; charset=utf-16be", "feff00e9", "é"],
    ["text/plain; charset=utf-16", "e900", "é"],
    ["text/plain; charset=utf-16", "fffee900", "é"],
    ["text/plain; charset=UTF-16", "feff00e9", "é"],
    ["text/plain; charset=utf-16le", "3dd8", "\uFFFD"],
    ["text/plain; charset=shift_jis", "82a0", "あ"],
    ["text/plain; charset=gb18030", "c4e3", "你"],
    ["text/plain; charset=koi8-r", "c1", "а"],
  ])("Content-Type %j: the bytes %s are %j", (contentType, bytes, expected) => {
    expect(textDecoderFor(contentType)(Buffer.from(bytes, "hex"))).toBe(expected);
  });

  test("text in three-byte pieces is decoded the same each time: a decoder keeps no state between bodies", () => {
    const decode = textDecoderFor("text/plain; charset=utf-16le");
    expect(decode(Buffer.from("e90061", "hex"))).toBe("é\uFFFD");
    expect(decode(Buffer.from("e900", "hex"))).toBe("é");
  });

  test.each(["utf-7", "no-such", "utf-8\u00a0", "x".repeat(10_000), "__proto__"])(
    "the charset %j is refused by a coded error with the status 415",
    (charset) => {
      const decoder = (): unknown => textDecoderFor(`text/plain; charset="${charset}"`);
      expect(decoder).toThrow(expect.objectContaining({ code: "PKT_BODY_CHARSET", status: 415 }));
    },
  );
});
