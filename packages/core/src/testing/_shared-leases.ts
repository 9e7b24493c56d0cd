/** The cases of shared services about leases. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { LeasePolicy } from "../capability/shared-services.ts";
import type { SharedChecks } from "./shared-services.ts";

/** One unit in six seconds: none is regained while a case runs. */
const slow: LeasePolicy = { limit: 10, window: 60_000, burst: 5 };
/** One unit in 50 ms. */
const fast: LeasePolicy = { limit: 2, window: 100, burst: 2 };

export const leaseCases: SharedChecks = {
  "leases of two processes share one limit": async ({ one, other, key }) => {
    const first = await one.leases.take(key, slow, 3);
    const second = await other.leases.take(key, slow, 3);
    const third = await one.leases.take(key, slow, 1);
    assert.deepEqual([first.granted, second.granted, third.granted], [3, 2, 0]);
    assert.deepEqual([first.remaining, second.remaining, third.remaining], [2, 0, 0]);
    assert.ok(third.validFor > 5_000 && third.validFor <= 6_000, `refused for ${third.validFor} ms`);
    assert.ok(third.resetAfter > 25_000 && third.resetAfter <= 30_000, `reset in ${third.resetAfter} ms`);
    assert.ok(second.holders >= 2, `${second.holders} holders, after two processes have taken`);
    assert.ok(second.programs >= 1);
  },
  "a lease lives for its window, and for a second at most": async ({ one, key }) => {
    assert.equal((await one.leases.take(`${key}:slow`, slow, 1)).validFor, 1_000);
    assert.equal((await one.leases.take(`${key}:fast`, fast, 1)).validFor, 100);
  },
  "a limit grants again when its refusal ends": async ({ one, other, key }) => {
    assert.equal((await one.leases.take(key, fast, 10)).granted, 2);
    const { granted, validFor } = await other.leases.take(key, fast, 1);
    assert.equal(granted, 0);
    await pause(Math.ceil(validFor) + 1);
    assert.ok((await other.leases.take(key, fast, 1)).granted > 0);
  },
  "fewer units than the least are refused, and not debited": async ({ one, key }) => {
    await one.leases.take(key, slow, 3);
    assert.equal((await one.leases.take(key, slow, 4, 3)).granted, 0);
    assert.equal((await one.leases.take(key, slow, 4, 2)).granted, 2);
  },
  "units that are given back can be taken again, but no more of them": async ({ one, other, key }) => {
    const lease = await one.leases.take(key, slow, 5);
    one.leases.giveBack(lease, 4);
    let taken = 0;
    for (let attempt = 0; attempt < 100 && taken < 4; attempt++) {
      taken += (await other.leases.take(key, slow, 4 - taken)).granted;
      if (taken < 4) await pause(10);
    }
    assert.equal(taken, 4);
    assert.equal((await other.leases.take(key, slow, 1)).granted, 0);
  },
  "keys have limits of their own": async ({ one, key }) => {
    for (const suffix of ["", " ", ":a", ":ä", "{b}", "\0"])
      assert.equal((await one.leases.take(`${key}${suffix}`, slow, 5)).granted, 5);
  },
  "a limit with an uneven unit of time has its whole burst": async ({ one, key }) => {
    const uneven = { limit: 7, window: 600_000, burst: 7 };
    assert.equal((await one.leases.take(key, uneven, 100)).granted, 7);
  },
};
