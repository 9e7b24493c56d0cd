import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LocalLimiter } from "../src/local-limiter.ts";
import { type Policy, shareOf } from "../src/state.ts";
import { TestClock } from "./_server.ts";

const POLICY: Policy = { limit: 10, window: 1_000, burst: 10, cost: 1 };

function make(policy: Partial<Policy> = {}, startsFull = true) {
  const clock = new TestClock();
  const whole = { ...POLICY, ...policy };
  const limiter = new LocalLimiter({ clock, policy: () => whole, startsFull });
  const count = (requests: number, key = "a"): number =>
    Array.from({ length: requests }, () => limiter.take(key).passes).filter(Boolean).length;
  return { clock, limiter, count };
}

describe("a limit in one process", () => {
  test("lets a burst through, then one request each window / limit", () => {
    const { clock, count } = make();
    expect(count(30)).toBe(10);
    clock.time += 99;
    expect(count(30)).toBe(0);
    clock.time += 1;
    expect(count(30)).toBe(1);
    clock.time += 500;
    expect(count(30)).toBe(5);
    clock.time += 60_000;
    expect(count(30)).toBe(10);
  });

  test("counts each key by itself", () => {
    const { count } = make({ burst: 2 });
    expect([count(5, "a"), count(5, "b"), count(5, "a")]).toEqual([2, 2, 0]);
  });

  test("counts the cost of a request", () => {
    const { clock, count } = make({ cost: 4 });
    expect(count(5)).toBe(2);
    clock.time += 199;
    expect(count(1)).toBe(0);
    clock.time += 1;
    expect(count(1)).toBe(1);
  });

  test("says what is left, when the next request can pass, and when all units are back", () => {
    const { clock, limiter } = make({ limit: 2, burst: 2 });
    const start = clock.time;
    expect({ ...limiter.take("a") }).toMatchObject({ passes: true, remaining: 1, resetAt: start + 500 });
    clock.time += 100;
    expect({ ...limiter.take("a") }).toMatchObject({ passes: true, remaining: 0, resetAt: start + 1_000 });
    expect({ ...limiter.take("a") }).toMatchObject({ passes: false, remaining: 0, retryAt: start + 500 });
  });

  test("starts with one request only where a fresh burst would be a second one", () => {
    const { clock, count } = make({}, false);
    expect(count(30)).toBe(1);
    clock.time += 200;
    expect(count(30)).toBe(2);
  });

  test("forgets idle keys, and refuses new ones while the table is full of keys in use", () => {
    const { clock, limiter } = make({ limit: 1, burst: 1, window: 60_000 });
    for (let key = 0; key < 100_000; key++) limiter.take(`key ${key}`);
    expect(limiter.take("new").passes).toBe(false);
    expect(limiter.take("key 5").passes).toBe(false); // it is still known
    clock.time += 60_000;
    expect(limiter.take("new").passes).toBe(true);
  });

  test("in any interval w lets at most burst + limit * w / window pass, for any times of requests", () => {
    fc.assert(
      fc.property(
        fc.record({
          limit: fc.integer({ min: 1, max: 50 }),
          window: fc.integer({ min: 1, max: 2_000 }),
          burst: fc.integer({ min: 1, max: 60 }),
        }),
        fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 300, noNaN: true })), { maxLength: 100 }),
        (policy, pauses) => {
          const { clock, limiter } = make(policy);
          const passed: number[] = [];
          for (const pause of pauses) {
            clock.time += pause;
            if (limiter.take("a").passes) passed.push(clock.time);
          }
          for (const [first, begin] of passed.entries()) {
            for (const [last, end] of passed.entries()) {
              const most = policy.burst + (policy.limit * (end - begin)) / policy.window;
              if (last >= first) expect(last - first + 1).toBeLessThanOrEqual(most + 1e-6);
            }
          }
        },
      ),
    );
  });
});

test.each([
  [{ limit: 100, burst: 100 }, 4, { limit: 25, burst: 25 }],
  [{ limit: 3, burst: 3 }, 4, { limit: 1, burst: 1 }],
  [{ limit: 10, burst: 10, cost: 5 }, 4, { limit: 2, burst: 5 }],
  [{}, 1, {}],
])("the share of %o for one of %i parties is %o", (whole, count, share) => {
  expect(shareOf({ ...POLICY, ...whole }, count)).toEqual({ ...POLICY, ...whole, ...share });
});
