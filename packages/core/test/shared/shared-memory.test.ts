import { describe, expect, test } from "vitest";
import type { Channel } from "../../src/capability/contract.ts";
import { type BusMessage, ChannelBus } from "../../src/shared/channel-bus.ts";
import { MemoryLocks } from "../../src/shared/memory-locks.ts";
import { MemoryStore } from "../../src/shared/memory-store.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const coded = (code: string): object => expect.objectContaining({ code });

function makeStore(limit = 1_000_000) {
  const clock = { now: 7 };
  return { clock, store: new MemoryStore(() => clock.now, limit) };
}

describe("MemoryStore", () => {
  test("gives each change a new version, also after the key was deleted", () => {
    const { store } = makeStore();
    const first = store.set("k", bytes("a"));
    const second = store.set("k", bytes("b"));
    store.delete("k");
    const third = store.set("k", bytes("c"), { ifVersion: 0n });
    const versions = [first, second, third].map(Number);
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    expect(new Set(versions).size).toBe(3);
    expect(store.get("k")).toEqual({ bytes: bytes("c"), version: third });
  });

  test("sets a key only when it has the expected version", () => {
    const { store } = makeStore();
    expect(store.set("k", bytes("a"), { ifVersion: 1n })).toBeNull();
    const version = store.set("k", bytes("a"), { ifVersion: 0n });
    expect(store.set("k", bytes("b"), { ifVersion: 0n })).toBeNull();
    expect(store.set("k", bytes("b"), { ifVersion: version ?? -1n })).not.toBeNull();
  });

  test("keeps its own copy of the bytes", () => {
    const { store } = makeStore();
    const given = bytes("a");
    store.set("k", given);
    given[0] = 0;
    const read = store.get("k");
    read?.bytes.fill(0);
    expect(store.get("k")?.bytes).toEqual(bytes("a"));
  });

  test("forgets a value at the end of its ttl", () => {
    const { clock, store } = makeStore();
    store.set("k", bytes("a"), { ttl: 10 });
    clock.now += 9_999;
    expect(store.get("k")).toBeDefined();
    clock.now += 1;
    expect(store.get("k")).toBeUndefined();
    expect(store.set("k", bytes("b"), { ifVersion: 0n })).not.toBeNull();
  });

  test("adds to numbers, whose ttl counts from the first call", () => {
    const { clock, store } = makeStore();
    expect(store.add("n", 2, { ttl: 10 })).toBe(2);
    clock.now += 6_000;
    expect(store.add("n", -0.5, { ttl: 10 })).toBe(1.5);
    expect(store.get("n")?.bytes).toEqual(bytes("1.5"));
    clock.now += 4_000;
    expect(store.add("n", 1)).toBe(1);
  });

  test("refuses to add to a value that is not a number, or beyond the numbers", () => {
    const { store } = makeStore();
    store.set("k", bytes("text"));
    expect(() => store.add("k", 1)).toThrow(coded("PKT_SHARED_NOT_NUMBER"));
    store.add("n", Number.MAX_VALUE);
    expect(() => store.add("n", Number.MAX_VALUE)).toThrow(coded("PKT_SHARED_NOT_NUMBER"));
    expect(() => store.add("n", Number.NaN)).toThrow(coded("PKT_OPTION_INVALID"));
  });

  test("refuses what exceeds its memory, and has room again once values end or are deleted", () => {
    const { clock, store } = makeStore(1_000);
    store.set("a", new Uint8Array(300), { ttl: 5_000 });
    store.set("b", new Uint8Array(100));
    expect(() => store.set("c", new Uint8Array(300))).toThrow(coded("PKT_SHARED_FULL"));
    expect(store.set("b", new Uint8Array(90))).not.toBeNull();
    clock.now += 5_000_000;
    expect(store.set("c", new Uint8Array(300))).not.toBeNull();
    store.delete("b");
    expect(store.set("d", new Uint8Array(200))).not.toBeNull();
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses the ttl %o", (ttl) => {
    expect(() => makeStore().store.set("k", bytes("a"), { ttl })).toThrow(coded("PKT_OPTION_INVALID"));
  });

  test("refuses values above 1 MiB", () => {
    expect(() => makeStore(10 ** 9).store.set("k", new Uint8Array(1024 * 1024 + 1))).toThrow(
      coded("PKT_OPTION_INVALID"),
    );
  });
});

describe("MemoryLocks", () => {
  function makeLocks() {
    const clock = { now: 0 };
    return { clock, locks: new MemoryLocks(() => clock.now), one: { name: "one" }, other: { name: "other" } };
  }

  test("give a name to one holder, with tokens that grow", () => {
    const { clock, locks, one, other } = makeLocks();
    const first = locks.acquire("job", 10, one);
    expect(locks.acquire("job", 10, other)).toBeNull();
    expect(locks.acquire("job", 10, one)).toBeNull();
    clock.now += 10_000;
    const second = locks.acquire("job", 10, other);
    expect((second ?? 0n) > (first ?? 0n)).toBe(true);
    expect(locks.renew("job", first ?? 0n, 10)).toBe(false);
    locks.release("job", first ?? 0n);
    expect(locks.acquire("job", 10, one)).toBeNull();
  });

  test("are renewed by their token until they end", () => {
    const { clock, locks, one, other } = makeLocks();
    const token = locks.acquire("job", 10, one) ?? 0n;
    clock.now += 9_000;
    expect(locks.renew("job", token, 10)).toBe(true);
    clock.now += 9_000;
    expect(locks.acquire("job", 10, other)).toBeNull();
    clock.now += 1_000;
    expect(locks.renew("job", token, 10)).toBe(false);
  });

  test("of a holder that has exited are free at once", () => {
    const { locks, one, other } = makeLocks();
    locks.acquire("a", 1_000, one);
    locks.acquire("b", 1_000, other);
    locks.releaseAll(one);
    expect(locks.acquire("a", 10, other)).not.toBeNull();
    expect(locks.acquire("b", 10, one)).toBeNull();
  });

  test("of a program that is started again have larger tokens", () => {
    const token = makeLocks().locks.acquire("job", 10, {}) ?? 0n;
    expect(token > BigInt(Date.now() - 60_000) << 20n).toBe(true);
  });
});

test("the bus passes messages on with their origin", () => {
  const sent: BusMessage[] = [];
  const listeners: ((message: BusMessage, from: number) => void)[] = [];
  const channel: Channel<BusMessage> = {
    sendToPrimary: () => undefined,
    sendToWorkers: (message) => void sent.push(message),
    receive: (_end, listener) => {
      listeners.push(listener);
      return () => void listeners.splice(listeners.indexOf(listener), 1);
    },
  };
  const bus = new ChannelBus(channel, 2);
  const heard: unknown[] = [];
  const stop = bus.listen((topic, content, origin) => heard.push([topic, content, origin]));
  bus.publish("news", bytes("hello"));
  for (const from of [2, 1])
    for (const listen of listeners) for (const message of sent) listen(message, from);
  expect(heard).toEqual([
    ["news", bytes("hello"), { program: "", worker: 2, isSelf: true }],
    ["news", bytes("hello"), { program: "", worker: 1, isSelf: false }],
  ]);
  stop();
  expect(listeners).toEqual([]);
});
