import { afterEach, describe, expect, test } from "vitest";
import { PacketronConstants } from "../src/index.ts";
import { contentTypeOf } from "../src/mime-types.ts";

const types = PacketronConstants._mimeTypes;

afterEach(() => {
  for (const extension of [".zzz", ".html2"]) delete types[extension];
  types[".html"] = "text/html";
});

describe("contentTypeOf", () => {
  test.each([
    ["a.html", "text/html; charset=utf-8"],
    ["a.HTM", "text/html; charset=utf-8"],
    ["a.css", "text/css; charset=utf-8"],
    ["a.js", "text/javascript; charset=utf-8"],
    ["a.mjs", "text/javascript; charset=utf-8"],
    ["a.json", "application/json; charset=utf-8"],
    ["a.js.map", "application/json; charset=utf-8"],
    ["a.txt", "text/plain; charset=utf-8"],
    ["a.md", "text/markdown; charset=utf-8"],
    ["a.csv", "text/csv; charset=utf-8"],
    ["a.xml", "application/xml"],
    ["a.svg", "image/svg+xml"],
    ["a.png", "image/png"],
    ["a.ico", "image/vnd.microsoft.icon"],
    ["a.woff2", "font/woff2"],
    ["a.wasm", "application/wasm"],
    ["a.pdf", "application/pdf"],
    ["a.mp4", "video/mp4"],
    ["a.webmanifest", "application/manifest+json"],
    ["a.tar.gz", "application/gzip"],
    ["a", "application/octet-stream"],
    ["", "application/octet-stream"],
    ["a.", "application/octet-stream"],
    ["a.unknown", "application/octet-stream"],
    ["a.__proto__", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
  ])("%s is %s", (name, type) => expect(contentTypeOf(name)).toBe(type));

  test("follows changes of the table", () => {
    types[".zzz"] = "text/x-zzz";
    types[".html"] = "text/html; charset=iso-8859-1";
    expect(contentTypeOf("a.zzz")).toBe("text/x-zzz; charset=utf-8");
    expect(contentTypeOf("a.html")).toBe("text/html; charset=iso-8859-1");
  });

  test.each(["text/html\r\nX: y", "", " ", "é"])("ignores the malformed entry %j", (value) => {
    types[".zzz"] = value;
    expect(contentTypeOf("a.zzz")).toBe("application/octet-stream");
  });
});

test("the table has no prototype, and its keys are lower-case extensions", () => {
  expect(Object.getPrototypeOf(types)).toBeNull();
  expect(types[".html"]).toBe("text/html");
  for (const [extension, type] of Object.entries(types)) {
    expect(extension).toMatch(/^\.[a-z0-9][a-z0-9._-]*$/);
    expect(type).toMatch(/^[a-z0-9-]+\/[\w.+-]+$/i);
  }
});
