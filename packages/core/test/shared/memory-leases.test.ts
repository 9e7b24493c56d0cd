import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Lease, LeasePolicy } from "../../src/capability/shared-services.ts";
import { MemoryLeases } from "../../src/shared/memory-leases.ts";

const ALONE = { holders: 1, programs: 1 };
const RUNS = process.env["PACKETRON_TEST_FULL"] === undefined ? 300 : 20_000;

/** Leases by a clock that the test moves, in microseconds. */
function makeLeases(maxKeys?: number) {
  const clock = { now: 5_000_000 };
  const leases = new MemoryLeases(() => clock.now, maxKeys);
  const take = (policy: LeasePolicy, want = 1, least = 1, key = "key"): Lease =>
    leases.take(key, policy, want, least, ALONE);
  return { clock, leases, take };
}

const policies: fc.Arbitrary<LeasePolicy> = fc.record({
  limit: fc.integer({ min: 1, max: 200 }),
  window: fc.integer({ min: 1, max: 5_000 }),
  burst: fc.integer({ min: 1, max: 300 }),
});

/** Steps of several takers: each waits, then takes, spends or returns. */
const schedules = fc.array(
  fc.record({
    wait: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 3_000_000 }),
      fc.integer({ min: 0, max: 2_000 }),
    ),
    taker: fc.integer({ min: 0, max: 3 }),
    act: fc.constantFrom("take", "spend", "return", "arrive"),
    units: fc.integer({ min: 1, max: 40 }),
  }),
  { maxLength: 120 },
);

type Schedule = typeof schedules extends fc.Arbitrary<infer Steps> ? Steps : never;

/**
 * A second passes between a grant and its return, in which the limit regains one unit by itself. Were the return credited in
 * full, the third taker could spend 12 units at once after two seconds, of 11.
 */
const earnedTwice: [LeasePolicy, Schedule] = [
  { limit: 1, window: 1_000, burst: 10 },
  [
    { wait: 0, taker: 0, act: "take", units: 10 },
    { wait: 1_000_000, taker: 1, act: "take", units: 1 },
    { wait: 0, taker: 0, act: "return", units: 1 },
    { wait: 0, taker: 0, act: "arrive", units: 1 },
    { wait: 0, taker: 2, act: "take", units: 10 },
    { wait: 1_000_000, taker: 3, act: "take", units: 1 },
    { wait: 0, taker: 2, act: "return", units: 1 },
    { wait: 0, taker: 2, act: "arrive", units: 1 },
    { wait: 0, taker: 0, act: "take", units: 10 },
    { wait: 0, taker: 0, act: "spend", units: 40 },
    { wait: 0, taker: 1, act: "spend", units: 40 },
    { wait: 0, taker: 3, act: "spend", units: 40 },
  ],
];

/** Plays a schedule. Returns when units were spent, in microseconds of the clock, in order. */
function play(policy: LeasePolicy, steps: Schedule): number[] {
  const { clock, leases, take } = makeLeases();
  const held = new Map<number, { lease: Lease; left: number }>();
  const returning: { lease: Lease; units: number }[] = [];
  const spent: number[] = [];
  for (const { wait, taker, act, units } of steps) {
    clock.now += wait;
    const own = held.get(taker);
    const isValid = own !== undefined && clock.now - own.lease.grantedAt <= own.lease.validFor * 1_000;
    if (act === "take") {
      const lease = take(policy, units);
      held.set(taker, { lease, left: lease.granted });
    } else if (act === "spend" && isValid) {
      const now = Math.min(units, own.left);
      own.left -= now;
      for (let unit = 0; unit < now; unit++) spent.push(clock.now);
    } else if (act === "return" && own !== undefined) {
      returning.push({ lease: own.lease, units: own.left });
      held.delete(taker);
    } else if (act === "arrive") {
      // A message about unspent units may arrive long after it was sent.
      for (const { lease, units: unspent } of returning.splice(0)) leases.giveBack(lease, unspent);
    }
  }
  return spent;
}

describe("the bound of leases", () => {
  test("in any interval w at most burst + limit * (w + L) / window units are spent", () => {
    fc.assert(
      fc.property(policies, schedules, (policy, steps) => {
        const { limit, window, burst } = policy;
        const spent = play(policy, steps);
        const life = Math.min(window, 1_000) * 1_000;
        for (let first = 0; first < spent.length; first++) {
          for (let last = first; last < spent.length; last++) {
            // The clock has whole microseconds, so an interval is up to one longer than the difference.
            const time = Number(spent[last]) - Number(spent[first]) + life + 1;
            expect(last - first + 1).toBeLessThanOrEqual(burst + (limit * time) / (window * 1_000));
          }
        }
      }),
      { numRuns: RUNS, examples: [earnedTwice] },
    );
  });

  test("units that are spent when they are granted stay within burst + limit * w / window", () => {
    const waits = fc.array(fc.tuple(fc.integer({ min: 0, max: 500_000 }), fc.integer({ min: 1, max: 50 })), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(policies, waits, (policy, steps) => {
        const { limit, window, burst } = policy;
        const { clock, take } = makeLeases();
        const grants: { at: number; total: number }[] = [];
        let total = 0;
        for (const [wait, want] of steps) {
          clock.now += wait;
          const before = total;
          total += take(policy, want).granted;
          grants.push({ at: clock.now, total: before });
          for (const { at, total: start } of grants)
            expect(total - start).toBeLessThanOrEqual(
              burst + (limit * (clock.now - at + 1)) / (window * 1_000),
            );
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("a taker that asks again when a refusal ends is granted what it asks for, so the limit is reached", () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 20 }), (policy, least) => {
        fc.pre(least <= policy.burst);
        const { clock, take } = makeLeases();
        take(policy, policy.burst);
        const { granted, validFor } = take(policy, least, least);
        if (granted > 0) return; // more than one unit in a microsecond
        clock.now += Math.round(validFor * 1_000) - 1;
        expect(take(policy, least, least).granted).toBe(0);
        clock.now += 1;
        expect(take(policy, least, least).granted).toBe(least);
      }),
      { numRuns: RUNS },
    );
  });
});

describe("a lease", () => {
  const policy = { limit: 10, window: 1_000, burst: 5 };

  test("has the units that are free, and says what is left", () => {
    const { take } = makeLeases();
    expect(take(policy, 3)).toEqual({
      ...{ key: "key", policy, grantedAt: 5_000_000, holders: 1, programs: 1 },
      ...{ granted: 3, validFor: 1_000, remaining: 2, resetAfter: 300 },
    });
    expect(take(policy, 3)).toMatchObject({ granted: 2, remaining: 0, resetAfter: 500 });
    expect(take(policy)).toMatchObject({ granted: 0, validFor: 100, remaining: 0, resetAfter: 500 });
  });

  test("lives no longer than its window", () => {
    const { take } = makeLeases();
    expect(take({ ...policy, window: 50 }).validFor).toBe(50);
    expect(take({ ...policy, window: 60_000 }, 1, 1, "other").validFor).toBe(1_000);
  });

  test("is refused when fewer units than the least are free", () => {
    const { take } = makeLeases();
    take(policy, 3);
    expect(take(policy, 4, 4)).toMatchObject({ granted: 0, validFor: 200, remaining: 2 });
    expect(take(policy, 4, 2)).toMatchObject({ granted: 2 });
  });

  test("returns what was not spent at once in full", () => {
    const { leases, take } = makeLeases();
    leases.giveBack(take(policy, 5), 4);
    expect(take(policy, 5).granted).toBe(4);
  });

  test("returns no more than was granted, and nothing for a key that has recovered", () => {
    const { clock, leases, take } = makeLeases();
    const lease = take(policy, 2);
    leases.giveBack(lease, 100);
    expect(take(policy, 5).granted).toBe(5);
    clock.now += 10_000_000;
    leases.giveBack(lease, 2);
    take(policy, 5);
    leases.giveBack(lease, 2);
    expect(take(policy).granted).toBe(0);
  });

  test.each([
    [{ ...policy, limit: 0 }, 1],
    [{ ...policy, window: Number.NaN }, 1],
    [{ ...policy, burst: 0.5 }, 1],
    [policy, 0],
    [policy, 1.5],
  ])("is refused as a mistake: %o, want %o", (wrong, want) => {
    expect(() => makeLeases().take(wrong, want)).toThrow(
      expect.objectContaining({ code: "PKT_OPTION_INVALID" }),
    );
  });

  test.each(["", "k".repeat(513), "ü".repeat(257)])("has a key of 1 to 512 bytes", (key) => {
    expect(() => makeLeases().take(policy, 1, 1, key)).toThrow(
      /Option "key": got .*, expected a text of 1 to 512 bytes/,
    );
  });
});

describe("a full table", () => {
  const policy = { limit: 1, window: 100, burst: 1 };

  test("refuses new keys for a second, and serves those that it has", () => {
    const { clock, leases, take } = makeLeases(2);
    const slow = { limit: 1, window: 10_000, burst: 2 };
    take(slow, 1, 1, "a");
    take(slow, 1, 1, "b");
    expect(take(slow, 1, 1, "c")).toMatchObject({ granted: 0, validFor: 1_000 });
    expect(take(slow, 1, 1, "a").granted).toBe(1);
    clock.now += 600_000;
    expect(take(slow, 1, 1, "d")).toMatchObject({ granted: 0, validFor: 400 });
    expect(leases.size).toBe(2);
  });

  test("forgets keys that have recovered", () => {
    const { clock, take } = makeLeases(2);
    take(policy, 1, 1, "a");
    take(policy, 1, 1, "b");
    clock.now += 100_000;
    expect(take(policy, 1, 1, "c").granted).toBe(1);
  });
});
