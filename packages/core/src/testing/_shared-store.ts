/** The cases of shared services about data. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { Store } from "../capability/shared-services.ts";
import { isPacketronError } from "../errors/define-errors.ts";
import type { SharedChecks } from "./shared-services.ts";

const MIB = 1024 * 1024;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const storeCases: SharedChecks = {
  "a value that one process sets, another reads and deletes": async ({ one, other, key }) => {
    assert.equal(await other.store.get(key), undefined);
    const version = await one.store.set(
      key,
      Uint8Array.from({ length: 256 }, (_, byte) => byte),
    );
    const entry = await other.store.get(key);
    assert.deepEqual([...(entry?.bytes ?? [])], [...Array(256).keys()]);
    assert.equal(entry?.version, version);
    assert.equal(await other.store.delete(key), true);
    assert.equal(await one.store.get(key), undefined);
    assert.equal(await one.store.delete(key), false);
  },
  "a key is set only when it has the expected version": async ({ one, other, key }) => {
    assert.equal(await one.store.set(key, bytesOf("a"), { ifVersion: 12_345n }), null);
    const first = await one.store.set(key, bytesOf("a"), { ifVersion: 0n });
    assert.ok(first !== null && first > 0n);
    assert.equal(await other.store.set(key, bytesOf("b"), { ifVersion: 0n }), null);
    const second = await other.store.set(key, bytesOf("b"), { ifVersion: first });
    assert.ok(second !== null && second > first);
    assert.equal(await one.store.set(key, bytesOf("c"), { ifVersion: first }), null);
  },
  "a key that was deleted and set again has a new version": async ({ one, key }) => {
    const first = await one.store.set(key, bytesOf("a"));
    await one.store.delete(key);
    const second = await one.store.set(key, bytesOf("a"));
    assert.notEqual(second, first);
    assert.equal(await one.store.set(key, bytesOf("b"), { ifVersion: first ?? 0n }), null);
  },
  "of many changes of one version, one wins": async ({ one, other, key }) => {
    const ifVersion = (await one.store.set(key, bytesOf("start"))) ?? 0n;
    const changes = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? one : other).store.set(key, bytesOf(String(index)), { ifVersion }),
    );
    assert.equal((await Promise.all(changes)).filter((version) => version !== null).length, 1);
  },
  "numbers are added up, and no call is lost": async ({ one, other, key }) => {
    const calls = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? one : other).store.add(key, 2));
    assert.deepEqual((await Promise.all(calls)).toSorted(ascending), even(50));
    assert.equal(await one.store.add(key, -0.5), 99.5);
    const entry = await other.store.get(key);
    assert.equal(Number(Buffer.from(entry?.bytes ?? []).toString("latin1")), 99.5);
    await one.store.set(key, bytesOf("41"));
    assert.equal(await one.store.add(key, 1), 42);
  },
  "a value that is not a number cannot be added to": async ({ one, key }) => {
    await one.store.set(key, bytesOf("text"));
    await assert.rejects(one.store.add(key, 1), (error) => isPacketronError(error, "PKT_SHARED_NOT_NUMBER"));
  },
  "a value ends by its ttl; a change without one makes it stay": async ({ one, other, key }) => {
    await one.store.set(key, bytesOf("a"), { ttl: 40 });
    await one.store.set(`${key}:kept`, bytesOf("a"), { ttl: 40 });
    await one.store.set(`${key}:kept`, bytesOf("b"));
    await untilDeleted(other.store, key);
    assert.notEqual(await other.store.set(key, bytesOf("c"), { ifVersion: 0n }), null);
    assert.notEqual(await other.store.get(`${key}:kept`), undefined);
  },
  "the ttl of a number counts from its first call": async ({ one, other, key }) => {
    await one.store.add(key, 1, { ttl: 60 });
    await other.store.add(key, 1, { ttl: 60_000 });
    await untilDeleted(other.store, key);
    assert.equal(await one.store.add(key, 1), 1);
  },
  "a value may have 1 MiB, and no more": async ({ one, other, key }) => {
    await one.store.set(key, new Uint8Array(MIB).fill(7));
    assert.equal((await other.store.get(key))?.bytes.byteLength, MIB);
    await assert.rejects(one.store.set(key, new Uint8Array(MIB + 1)), (error) =>
      isPacketronError(error, "PKT_OPTION_INVALID"),
    );
    await one.store.delete(key);
  },
  "keys of any text are different keys": async ({ one, other, key }) => {
    const keys = ["", " ", ":", "{}", "ä", "\n", "*"].map((suffix) => `${key}${suffix}`);
    for (const each of keys) await one.store.set(each, bytesOf(each));
    for (const each of keys)
      assert.deepEqual([...((await other.store.get(each))?.bytes ?? [])], [...bytesOf(each)]);
  },
  "an empty key and one of more than 512 bytes are refused": async ({ one }) => {
    for (const key of ["", "k".repeat(513), "ü".repeat(257)])
      await assert.rejects(one.store.get(key), (error) => isPacketronError(error, "PKT_OPTION_INVALID"));
  },
};

/** Waits until the time of a value is over. The case has a time limit. */
async function untilDeleted(store: Store, key: string): Promise<void> {
  while ((await store.get(key)) !== undefined) await pause(5);
}

function even(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 2 * (index + 1));
}

function ascending(one: number, other: number): number {
  return one - other;
}
