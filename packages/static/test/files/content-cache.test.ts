import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ContentCache } from "../../src/files/content-cache.ts";
import { findFile } from "../../src/files/open.ts";
import { Representation, weakTag } from "../../src/files/representation.ts";
import { makeFolder, write } from "../_site.ts";

async function represent(path: string): Promise<Representation> {
  const found = await findFile(path, null);
  if (found === null) throw new Error(`no file at ${path}`);
  return new Representation(found, null, weakTag(found.version, null));
}

describe("ContentCache", () => {
  test("reads a file once, also for requests during the read", async () => {
    const file = await represent(join(makeFolder({ a: "content" }), "a"));
    const cache = new ContentCache({ total: 100, file: 100 });
    const [one, two] = [cache.read(file), cache.read(file)];
    expect(one).toBe(two);
    expect(String(await one)).toBe("content");
    expect(cache.read(file)).toBe(await one);
    expect(cache.bytes).toBe(14); // its bytes, and the prepared answer with them
  });

  test("never holds more than its limit, and evicts first the content that was not used again", async () => {
    const folder = makeFolder({ a: "aaaa", b: "bbbb", c: "cccc" });
    const files = await Promise.all(["a", "b", "c"].map((name) => represent(join(folder, name))));
    const cache = new ContentCache({ total: 20, file: 20 });
    const [a, b, c] = files;
    if (a === undefined || b === undefined || c === undefined) throw new Error("no files");
    await cache.read(a);
    await cache.read(b);
    cache.read(a);
    await cache.read(c);
    expect(files.map(({ content }) => content !== null)).toEqual([true, false, true]);
    expect(cache.bytes).toBe(16);
    cache.release(a);
    cache.release(a);
    expect(cache.bytes).toBe(8);
  });

  test("counts a large file once, because its answer has no copy of the bytes", async () => {
    const file = await represent(join(makeFolder({ a: Buffer.alloc(20_000) }), "a"));
    const cache = new ContentCache({ total: 30_000, file: 30_000 });
    await cache.read(file);
    expect(cache.bytes).toBe(20_000);
  });

  test("leaves files over its limits to be streamed", async () => {
    const file = await represent(join(makeFolder({ a: "12345" }), "a"));
    expect(new ContentCache({ total: 100, file: 4 }).read(file)).toBeNull();
    expect(new ContentCache({ total: 4, file: 100 }).read(file)).toBeNull();
    expect(String(await new ContentCache({ total: 5, file: 5 }).read(file))).toBe("12345");
  });

  test("returns no content of a file that was replaced or removed", async () => {
    const path = join(makeFolder({ a: "12345" }), "a");
    const file = await represent(path);
    const cache = new ContentCache({ total: 100, file: 100 });
    write(path, "54321");
    expect(await cache.read(file)).toBeNull();
    rmSync(path);
    expect(await cache.read(file)).toBeNull();
    expect(cache.bytes).toBe(0);
  });
});
