import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseEncoding, type Encoded } from "../../src/http/accept-encoding.ts";

const plain: Encoded = { encoding: null, size: 100 };
const br: Encoded = { encoding: "br", size: 30 };
const gzip: Encoded = { encoding: "gzip", size: 40 };
const zstd: Encoded = { encoding: "zstd", size: 35 };

describe("chooseEncoding", () => {
  test.each<readonly [field: string | undefined, chosen: string | null]>([
    [undefined, null],
    ["", null],
    ["identity", null],
    ["gzip", "gzip"],
    ["GZIP", "gzip"],
    ["x-gzip", "gzip"],
    ["br", "br"],
    ["zstd", "zstd"],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip, zstd", "zstd"],
    ["deflate", null],
    ["*", "br"],
    ["*;q=0.5, gzip", "gzip"],
    ["gzip;q=0.5, br;q=0.4", "gzip"],
    ["gzip;q=0", null],
    ["gzip;q=0, *", "br"],
    ["*;q=0", null],
    ["br;q=0, zstd;q=0, gzip;q=0, identity;q=0", null],
    ["gzip;q=0.5, identity;q=0.8", null],
    ["gzip;q=0.5, identity;q=0.5", "gzip"],
    ["gzip;q=0.001", "gzip"],
    ["gzip;q=1.000", "gzip"],
    ["gzip ; q = 0.5 , br ; q=0.2", "gzip"],
    ["gzip;q=1.5", null],
    ["gzip;q=abc, br", "br"],
    ["gzip;q=-1", null],
    ["gzip;level=9", null],
    [",,gzip,,", "gzip"],
    ["gzip br", null],
  ])("%j", (field, chosen) => {
    expect(chooseEncoding(field, plain, [br, zstd, gzip]).encoding).toBe(chosen);
  });

  test("chooses the plain representation when it is the smallest of equals", () => {
    const tiny: Encoded = { encoding: null, size: 5 };
    expect(chooseEncoding("*", tiny, [br]).encoding).toBeNull();
    expect(chooseEncoding("br", tiny, [br]).encoding).toBe("br");
  });

  test("chooses one of the representations for any text, but never one with q=0", () => {
    const pieces = fc.constantFrom(
      "gzip",
      "br",
      "zstd",
      "identity",
      "*",
      ";q=",
      "0",
      "1",
      "0.5",
      ",",
      " ",
      ";",
      "=",
    );
    const field = fc.array(pieces, { maxLength: 30 }).map((list) => list.join(""));
    fc.assert(
      fc.property(field, (text) => {
        const chosen = chooseEncoding(text, plain, [br, zstd, gzip]);
        expect([plain, br, gzip, zstd]).toContain(chosen);
        const refused = `${text},${["br", "gzip", "zstd"].map((coding) => `${coding};q=0`).join()}`;
        expect(chooseEncoding(refused, plain, [br, zstd, gzip])).toBe(plain);
      }),
    );
  });
});
