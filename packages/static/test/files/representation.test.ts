import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FoundFile, findFile } from "../../src/files/open.ts";
import { Representation, strongTag, weakTag } from "../../src/files/representation.ts";
import { LONG_AGO, makeFolder, write } from "../_site.ts";

async function find(path: string): Promise<FoundFile> {
  const found = await findFile(path, null);
  if (found === null) throw new Error(`no file at ${path}`);
  return found;
}

describe("weakTag", () => {
  test("is the same for copies with the same size and time, and differs by size, time and coding", async () => {
    const [one, two] = [makeFolder({ a: "same" }), makeFolder({ a: "same" })];
    const [first, second] = [await find(join(one, "a")), await find(join(two, "a"))];
    expect(weakTag(first.version, null)).toBe(weakTag(second.version, null));
    expect(weakTag(first.version, null)).toMatch(/^W\/"4-[0-9a-f]+"$/);
    expect(weakTag(first.version, "br")).not.toBe(weakTag(first.version, null));
    expect(weakTag({ ...first.version, size: 5 }, null)).not.toBe(weakTag(first.version, null));
    expect(weakTag({ ...first.version, modified: 5 }, null)).not.toBe(weakTag(first.version, null));
  });
});

describe("strongTag", () => {
  test.each([0, 1, 65_536, 65_537, 1_000_000])("is the hash of all %i bytes", async (size) => {
    const content = Buffer.alloc(size, "0123456789");
    const found = await find(join(makeFolder({ a: content }), "a"));
    expect(await strongTag(found)).toBe(`"${createHash("sha256").update(content).digest("base64url")}"`);
  });

  test("is computed once for all concurrent calls", async () => {
    const path = join(makeFolder({ a: Buffer.alloc(2 ** 20) }), "a");
    const [one, two] = [await find(path), await find(path)];
    const [first, second] = [strongTag(one), strongTag(two)];
    expect(first).toBe(second);
    const tag = await first;
    const later = strongTag(one);
    expect(later).not.toBe(first);
    expect(await later).toBe(tag);
  });

  test("is null for a file that has changed or vanished", async () => {
    const path = join(makeFolder({ a: "first" }), "a");
    const found = await find(path);
    write(path, "later");
    expect(await strongTag(found)).toBeNull();
    rmSync(path);
    expect(await strongTag(found)).toBeNull();
  });
});

test("a representation has its date in whole seconds", async () => {
  const found = await find(join(makeFolder({ a: "a" }), "a"));
  const form = new Representation(found, "br", null);
  expect([form.size, form.encoding]).toEqual([1, "br"]);
  expect([form.lastModified, form.lastModifiedField]).toEqual([LONG_AGO.getTime(), LONG_AGO.toUTCString()]);
});

test("a representation has no date in the future", async () => {
  const folder = makeFolder();
  write(join(folder, "a"), "a", new Date(Date.now() + 3_600_000));
  const form = new Representation(await find(join(folder, "a")), null, null);
  expect(form.lastModified).toBeLessThanOrEqual(Date.now());
  expect(Date.parse(form.lastModifiedField ?? "")).toBe(form.lastModified);
});
