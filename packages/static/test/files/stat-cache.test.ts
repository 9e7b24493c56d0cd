import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StatCache } from "../../src/files/stat-cache.ts";

let now = 1_000;

beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => now);
});

afterEach(() => vi.restoreAllMocks());

interface Thing {
  readonly id: string;
}

function makeCache(entries = 10): { cache: StatCache<Thing>; dropped: [Thing, Thing | null][] } {
  const dropped: [Thing, Thing | null][] = [];
  const cache = new StatCache<Thing>({ maxAge: 1_000, entries }, (...pair) => dropped.push(pair));
  return { cache, dropped };
}

/** A look that ends when the test says so. */
function slowLook(): { look: () => Promise<Thing | null>; end: (value: Thing | null) => void } {
  let end: (value: Thing | null) => void = () => undefined;
  const promise = new Promise<Thing | null>((resolve) => {
    end = resolve;
  });
  return { look: () => promise, end: (value) => end(value) };
}

const never = (): never => {
  throw new Error("looked although it should not");
};

describe("StatCache", () => {
  test("looks once a second, and gives the last finding to the next look", async () => {
    const { cache, dropped } = makeCache();
    const [one, two]: Thing[] = [{ id: "one" }, { id: "two" }];
    expect(await cache.get("a", async () => one ?? null)).toBe(one);
    now += 999;
    expect(cache.get("a", never)).toBe(one);
    now += 1;
    const look = vi.fn(async () => two ?? null);
    expect(await cache.get("a", look)).toBe(two);
    expect(look).toHaveBeenCalledExactlyOnceWith(one);
    expect(dropped).toEqual([[one, two]]);
  });

  test("remembers for as long that nothing was there, and lets go of what was there before", async () => {
    const { cache, dropped } = makeCache();
    const one = { id: "one" };
    await cache.get("a", async () => one);
    now += 1_000;
    expect(await cache.get("a", async () => null)).toBeNull();
    expect(dropped).toEqual([[one, null]]);
    expect(cache.get("a", never)).toBeNull();
    now += 1_000;
    expect(await cache.get("a", async () => one)).toBe(one);
  });

  test("lets requests join a look that began less than a second before, and no older one", async () => {
    const { cache } = makeCache();
    const [first, second] = [slowLook(), slowLook()];
    const asked = cache.get("a", first.look);
    now += 999;
    const joined = cache.get("a", never);
    now += 1;
    const later = cache.get("a", second.look);
    second.end({ id: "new" });
    expect(await later).toEqual({ id: "new" });
    first.end({ id: "old" });
    expect(await Promise.all([asked, joined])).toEqual([{ id: "old" }, { id: "old" }]);
    expect(cache.get("a", never)).toEqual({ id: "new" });
  });

  test("a look that fails is not remembered", async () => {
    const { cache } = makeCache();
    await expect(
      cache.get("a", async () => {
        throw new Error("disk gone");
      }),
    ).rejects.toThrow("disk gone");
    expect(await cache.get("a", async () => ({ id: "one" }))).toEqual({ id: "one" });
  });

  test("keeps so many findings, first of all those that were asked for again", async () => {
    const { cache, dropped } = makeCache(3);
    for (const id of ["a", "b", "c"]) await cache.get(id, async () => ({ id }));
    cache.get("a", never);
    await cache.get("d", async () => ({ id: "d" }));
    expect(dropped).toEqual([[{ id: "b" }, null]]);
    expect(cache.get("a", never)).toEqual({ id: "a" });
    expect(cache.get("d", never)).toEqual({ id: "d" });
  });

  test("keeps a thousand misses, whatever is asked for", async () => {
    const { cache } = makeCache();
    for (let index = 0; index < 1_001; index++) await cache.get(`x${index}`, async () => null);
    expect(cache.get("x1", never)).toBeNull();
    expect(await cache.get("x0", async () => ({ id: "found" }))).toEqual({ id: "found" });
  });

  test("without an age it looks each time", async () => {
    const cache = new StatCache<Thing>({ maxAge: 0, entries: 5 }, () => undefined);
    const look = vi.fn(async () => ({ id: "one" }));
    await Promise.all([cache.get("a", look), cache.get("a", look)]);
    await cache.get("a", look);
    expect(look).toHaveBeenCalledTimes(3);
  });
});
