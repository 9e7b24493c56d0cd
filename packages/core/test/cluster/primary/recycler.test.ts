import { expect, test } from "vitest";
import { reachedLimit } from "../../../src/cluster/primary/recycler.ts";

const MIB = 2 ** 20;
const fresh = { rss: 100 * MIB, age: 1_000, requests: 10 };
const none = { maxMemory: 0, maxAge: 0, maxRequestsPerWorker: 0 };

test("without limits nothing is reached", () => {
  const old = { rss: 1e12, age: 1e12, requests: 1e12 };
  expect(reachedLimit(old, none, 1)).toBeUndefined();
});

test.each([
  [{ maxMemory: 101 * MIB }, undefined],
  [{ maxMemory: 100 * MIB }, "it has 100 MiB of memory"],
  [{ maxAge: 1_001 }, undefined],
  [{ maxAge: 1_000 }, "it is 1 s old"],
  [{ maxRequestsPerWorker: 11 }, undefined],
  [{ maxRequestsPerWorker: 10 }, "it has answered 10 requests"],
])("%o: %s", (limits, reason) => {
  expect(reachedLimit(fresh, { ...none, ...limits }, 1)).toBe(reason);
});

test("a worker reaches a limit at its own share of it", () => {
  const limits = { ...none, maxRequestsPerWorker: 11 };
  expect(reachedLimit(fresh, limits, 0.95)).toBeUndefined();
  expect(reachedLimit(fresh, limits, 0.9)).toBe("it has answered 10 requests");
  expect(reachedLimit(fresh, { ...none, maxMemory: 110 * MIB }, 0.9)).toBe("it has 100 MiB of memory");
  expect(reachedLimit(fresh, { ...none, maxAge: 1_100 }, 0.9)).toBe("it is 1 s old");
});
