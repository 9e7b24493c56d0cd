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

/** A check that ends when the test calls `end()`. */
function slowLook(): { look: () => Promise<Thing | null>; end: (value: Thing | null) => void } {
  let end: (value: Thing | null) => void = () => undefined;
  const promise = new Promise<Thing | null>((resolve) => {
    end = resolve;
  });
  return { look: () => promise, end: (value) => end(value) };
}

const never = (): never => {
  throw new Error("an unexpected check");
};

describe("StatCache", () => {
  test("checks once a second, and passes the last value to the next check", async () => {
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

  test("remembers a missing name for as long, and drops its earlier value", async () => {
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

  test("lets requests join a check that began less than a second before, but no older one", async () => {
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

  test("does not remember a check that fails", async () => {
    const { cache } = makeCache();
    await expect(
      cache.get("a", async () => {
        throw new Error("disk failure");
      }),
    ).rejects.toThrow("disk failure");
    expect(await cache.get("a", async () => ({ id: "one" }))).toEqual({ id: "one" });
  });

  test("keeps as many values as its limit, and evicts first those that were not used again", async () => {
    const { cache, dropped } = makeCache(3);
    for (const id of ["a", "b", "c"]) await cache.get(id, async () => ({ id }));
    cache.get("a", never);
    await cache.get("d", async () => ({ id: "d" }));
    expect(dropped).toEqual([[{ id: "b" }, null]]);
    expect(cache.get("a", never)).toEqual({ id: "a" });
    expect(cache.get("d", never)).toEqual({ id: "d" });
  });

  test("keeps a thousand missing names", async () => {
    const { cache } = makeCache();
    for (let index = 0; index < 1_001; index++) await cache.get(`x${index}`, async () => null);
    expect(cache.get("x1", never)).toBeNull();
    expect(await cache.get("x0", async () => ({ id: "found" }))).toEqual({ id: "found" });
  });

  test("checks at each call when maxAge is 0", async () => {
    const cache = new StatCache<Thing>({ maxAge: 0, entries: 5 }, () => undefined);
    const look = vi.fn(async () => ({ id: "one" }));
    await Promise.all([cache.get("a", look), cache.get("a", look)]);
    await cache.get("a", look);
    expect(look).toHaveBeenCalledTimes(3);
  });
});
