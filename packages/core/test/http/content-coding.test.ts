import { buffer } from "node:stream/consumers";
import zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { acceptedCodings, codedLimit, contentCodings, createDecoder } from "../../src/http/content-coding.ts";

describe("contentCodings", () => {
  test.each([
    [undefined, []],
    ["", []],
    ["identity", []],
    ["gzip", ["gzip"]],
    ["GZip", ["gzip"]],
    ["x-gzip", ["x-gzip"]],
    [" deflate , br ", ["deflate", "br"]],
    ["identity, gzip, ,", ["gzip"]],
  ])("reads %j as %j", (field, codings) => {
    expect(contentCodings(field)).toEqual(codings);
  });

  test.each(["compress", "gzip, nope", "gzip;q=1", "gzip br", "__proto__", "gzip, gzip, gzip"])(
    "refuses %j",
    (field) => {
      expect(contentCodings(field)).toBeNull();
    },
  );
});

describe("createDecoder", () => {
  const whole = Buffer.from("some text, ".repeat(1000));

  test.each([
    ["gzip", zlib.gzipSync(whole)],
    ["x-gzip", zlib.gzipSync(whole)],
    ["gzip", Buffer.concat([zlib.gzipSync(whole.subarray(0, 7)), zlib.gzipSync(whole.subarray(7))])],
    ["deflate", zlib.deflateSync(whole)],
    ["deflate", zlib.deflateSync(whole, { windowBits: 9 })],
    ["deflate", zlib.deflateRawSync(whole)],
    ["deflate", zlib.deflateRawSync(whole, { level: 0 })],
    ["deflate", zlib.deflateRawSync(whole, { strategy: zlib.constants.Z_FIXED })],
    ["br", zlib.brotliCompressSync(whole)],
  ])("decodes %s", async (coding, coded) => {
    const decoder = createDecoder(coding, coded[0]);
    decoder.end(coded);
    expect((await buffer(decoder)).equals(whole)).toBe(true);
  });

  test.skipIf(zlib.zstdCompressSync === undefined)("decodes zstd where the runtime supports it", async () => {
    const decoder = createDecoder("zstd");
    decoder.end(zlib.zstdCompressSync(whole));
    expect((await buffer(decoder)).equals(whole)).toBe(true);
    expect(acceptedCodings).toBe("gzip, deflate, br, zstd");
  });

  test("incompressible data fits the limit of its coded form, from no bytes to a megabyte", () => {
    for (const size of [0, 1, 100, 65_536, 1_000_000]) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7919 * index) % 251));
      for (const coded of [
        zlib.gzipSync(bytes, { level: 0 }),
        zlib.deflateSync(bytes, { level: 0 }),
        zlib.brotliCompressSync(bytes),
      ]) {
        expect(coded.length).toBeLessThanOrEqual(codedLimit(size));
      }
    }
  });
});
