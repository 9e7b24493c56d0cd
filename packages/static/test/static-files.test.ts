import { join } from "node:path";
import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, test } from "vitest";
import { staticFiles } from "../src/index.ts";
import { ask, LONG_AGO, makeFolder, startSite } from "./_site.ts";

describe("staticFiles() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(() => staticFiles())) test(name, run);
});

describe("server.serve()", () => {
  test("serves the files of a directory with type, length, tag and date", async () => {
    const directory = makeFolder({ "index.html": "<h1>hi</h1>", "css/a.css": "a{}", "b.bin": "x" });
    const { server, lines } = await startSite((site) => site.serve({ directory, pathPrefix: "static" }));
    const page = await ask(server, "GET /static/index.html");
    expect(page).toMatchObject({ status: 200, text: "<h1>hi</h1>" });
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "last-modified": LONG_AGO.toUTCString(),
      "accept-ranges": "bytes",
      "content-length": "11",
    });
    expect(page.headers["etag"]).toMatch(/^W\/"b-[0-9a-f]+"$/);
    expect(await ask(server, "GET /static/css/a.css")).toMatchObject({ status: 200, text: "a{}" });
    expect((await ask(server, "GET /static/b.bin")).headers["content-type"]).toBe("application/octet-stream");
    expect(await ask(server, "HEAD /static/index.html")).toMatchObject({ status: 200, text: "" });
    expect((await ask(server, "GET /static/nothing")).status).toBe(404);
    expect((await ask(server, "GET /index.html")).status).toBe(404);
    expect(lines).toEqual([]);
  });

  test("sends the whole file at any size", async () => {
    const big = Buffer.alloc(1_000_003, "0123456789");
    const directory = makeFolder({ "big.bin": big, empty: "" });
    const { server } = await startSite((site) => site.serve({ directory }));
    expect((await ask(server, "GET /big.bin")).body.equals(big)).toBe(true);
    expect(await ask(server, "GET /empty")).toMatchObject({ status: 200, text: "" });
    expect((await ask(server, "HEAD /big.bin")).headers["content-length"]).toBe("1000003");
  });

  test("throws for a directory that does not exist, or that is not a directory", async () => {
    const directory = makeFolder({ file: "x" });
    await startSite((site) => {
      expect(() => site.serve({ directory: join(directory, "missing") })).toThrow(
        expect.objectContaining({
          code: "PKT_STATIC_DIRECTORY",
          message: expect.stringContaining("does not exist"),
        }),
      );
      expect(() => site.serve({ directory: join(directory, "file") })).toThrow(
        expect.objectContaining({
          code: "PKT_STATIC_DIRECTORY",
          message: expect.stringContaining("not a directory"),
        }),
      );
      expect(() => site.serveFile({ routePath: "a", filePath: join(directory, "missing") })).toThrow(
        expect.objectContaining({ code: "PKT_STATIC_FILE" }),
      );
      expect(() => site.serveFile({ routePath: "a", filePath: directory })).toThrow(
        expect.objectContaining({
          code: "PKT_STATIC_FILE",
          message: expect.stringContaining("not a regular file"),
        }),
      );
    });
  });
});
