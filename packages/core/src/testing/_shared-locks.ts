/** The cases of shared services about locks. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { Lock, Locks } from "../capability/shared-services.ts";
import type { SharedChecks } from "./shared-services.ts";

const TTL = 60_000;
const SHORT = 60;

export const lockCases: SharedChecks = {
  "a lock has one holder": async ({ one, other, key }) => {
    const lock = await held(one.locks, key, TTL);
    assert.equal(await other.locks.acquire(key, TTL), null);
    assert.equal(await one.locks.acquire(key, TTL), null);
    assert.notEqual(await other.locks.acquire(`${key}:other`, TTL), null);
    await lock.release();
    await held(other.locks, key, TTL);
  },
  "of many that ask at once, one gets the lock": async ({ one, other, key }) => {
    const asked = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? one : other).locks.acquire(key, TTL),
    );
    assert.equal((await Promise.all(asked)).filter((lock) => lock !== null).length, 1);
  },
  "each holder has a larger token": async ({ one, other, key }) => {
    const first = await held(one.locks, key, TTL);
    await first.release();
    const second = await held(other.locks, key, SHORT);
    await pause(SHORT + 20);
    const third = await held(one.locks, key, TTL);
    assert.ok(first.token < second.token && second.token < third.token);
  },
  "a lock ends by its ttl, and its holder knows it before": async ({ one, other, key }) => {
    const lock = await held(one.locks, key, SHORT);
    let next: Lock | null = null;
    while (next === null) {
      next = await other.locks.acquire(key, TTL);
      if (next === null) await pause(5);
    }
    assert.ok(performance.now() >= lock.until, "another process got the lock before its end");
    assert.equal(await lock.renew(), false);
    await lock.release();
    assert.equal(
      await one.locks.acquire(key, TTL),
      null,
      "a holder whose lock had ended released that of another",
    );
  },
  "a lock that is renewed goes on": async ({ one, other, key }) => {
    const lock = await held(one.locks, key, 400);
    const { until } = lock;
    await pause(250);
    assert.equal(await lock.renew(), true);
    assert.ok(lock.until > until);
    await pause(250);
    assert.equal(await other.locks.acquire(key, TTL), null);
  },
};

async function held(locks: Locks, name: string, ttl: number): Promise<Lock> {
  const lock = await locks.acquire(name, ttl);
  assert.ok(lock !== null, "the lock is not free");
  return lock;
}
