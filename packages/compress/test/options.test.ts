import zlib from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { isCompressible } from "../src/media-types.ts";
import { resolveSettings } from "../src/options.ts";
import { codings } from "./_server.ts";

describe("resolveSettings()", () => {
  test("true and {} have the defaults", () => {
    expect(resolveSettings({})).toEqual(resolveSettings(true));
    expect(resolveSettings(true)).toMatchObject({
      encodings: codings,
      threshold: 1024,
      brotliQuality: 3,
      gzipLevel: 6,
      zstdLevel: 3,
    });
  });

  test("takes each part", () => {
    const options = {
      encodings: ["gzip", "br", "gzip"],
      threshold: 0,
      brotliQuality: 11,
      gzipLevel: 9,
      zstdLevel: 22,
      types: ["Application/JSON"],
    };
    expect(resolveSettings(options)).toEqual({
      ...options,
      encodings: ["gzip", "br"],
      types: ["application/json"],
    });
  });

  test("skips zstd where Node does not have it", () => {
    const original = zlib.zstdCompressSync;
    Reflect.set(zlib, "zstdCompressSync", undefined);
    onTestFinished(() => void Reflect.set(zlib, "zstdCompressSync", original));
    expect(resolveSettings(true).encodings).toEqual(["br", "gzip"]);
    expect(() => resolveSettings({ encodings: ["zstd"] })).toThrow("this Node.js has no zstd");
  });

  test.each([
    ["a text", "gzip", "expected true, false, or an object"],
    ["a list", ["gzip"], "expected true, false, or an object"],
    ["an unknown part", { treshold: 1 }, 'Did you mean "threshold"?'],
    ["an unknown coding", { encodings: ["deflate"] }, 'a list of "br", "zstd" and "gzip"'],
    ["no coding", { encodings: [] }, "compress: false turns compression off"],
    ["a threshold that is a text", { threshold: "1kb" }, "an integer from 0"],
    ["a negative threshold", { threshold: -1 }, "an integer from 0"],
    ["a quality that is too high", { brotliQuality: 12 }, "an integer from 0 to 11"],
    ["a level that is too low", { gzipLevel: 0 }, "an integer from 1 to 9"],
    ["a level that is no integer", { zstdLevel: 2.5 }, "an integer from 1 to 22"],
    ["a type that is none", { types: ["json"] }, 'such as "text/*"'],
    ["types that are a text", { types: "text/*" }, "a list of media types"],
    ["a type that is compressed already", { types: ["text/*", "image/png"] }, "compressed already"],
  ])("%s is refused with what to write", (_title, value, message) => {
    expect(() => resolveSettings(value)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^PKT_OPTION_(?:INVALID|UNKNOWN)$/),
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("media types", () => {
  test.each([
    ["text/html; charset=utf-8", true],
    ["TEXT/CSS", true],
    ["text/event-stream", true],
    ["application/json", true],
    ["application/problem+json", true],
    ["application/x-ndjson", true],
    ["image/svg+xml", true],
    ["application/wasm", true],
    ["image/png", false],
    ["video/mp4", false],
    ["font/woff2", false],
    ["application/zip", false],
    ["application/octet-stream", false],
    ["nonsense", false],
    ["", false],
  ])("%s: %s by default", (type, expected) => {
    expect(isCompressible(type, resolveSettings(true).types)).toBe(expected);
  });

  test("a list replaces the default, and never includes what is compressed already", () => {
    const { types } = resolveSettings({ types: ["image/*", "application/octet-stream"] });
    const included = ["image/tiff", "application/octet-stream", "image/png", "text/plain", "image/svg+xml"];
    expect(included.map((type) => isCompressible(type, types))).toEqual([true, true, false, false, true]);
    expect(isCompressible("application/epub+zip", resolveSettings({ types: ["*/*"] }).types)).toBe(false);
  });
});
