import { expect, test } from "vitest";
import { backoffDelay, MAX_BACKOFF } from "../../../src/cluster/process/backoff.ts";

test.each([
  [100, 0, 100],
  [100, 1, 200],
  [100, 8, 25_600],
  [100, 9, MAX_BACKOFF],
  [1, 5_000, MAX_BACKOFF],
  [0, 5_000, 0],
])("a first delay of %d ms after %d failures becomes %d ms", (first, failures, delay) => {
  expect(backoffDelay(first, failures)).toBe(delay);
});
