import { describe, expect, test } from "vitest";
import { percentileOf, ratiosOf, spreadOf } from "../../measure/statistics.ts";

describe("spreadOf()", () => {
  test("gives the median, the lowest and the highest value of unsorted values", () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, lowest: 10, highest: 30 });
  });

  test("gives the mean of the middle two when their number is even", () => {
    expect(spreadOf([4, 1, 2, 100])).toEqual({ median: 3, lowest: 1, highest: 100 });
  });

  test("sorts values as numbers, not as text", () => {
    expect(spreadOf([9, 10, 100])?.median).toBe(10);
  });

  test("gives null for no values", () => {
    expect(spreadOf([])).toBeNull();
  });
});

describe("percentileOf()", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test.each([
    [50, 50],
    [99, 99],
    [99.9, 100],
    [100, 100],
    [0, 1],
  ])("%d percent of the numbers from 1 to 100 do not exceed %d", (percent, value) => {
    expect(percentileOf(hundred, percent)).toBe(value);
  });

  test("gives the only value for every percentage, and 0 without values", () => {
    expect(percentileOf([7], 1)).toBe(7);
    expect(percentileOf([7], 99.9)).toBe(7);
    expect(percentileOf([], 50)).toBe(0);
  });
});

describe("ratiosOf()", () => {
  test("divides round by round, so that a slow round of the machine cancels out", () => {
    expect(ratiosOf([10, 100, 10], [20, 200, 20])).toEqual({ median: 0.5, lowest: 0.5, highest: 0.5 });
  });

  test("is not the ratio of the medians", () => {
    expect(ratiosOf([1, 2, 9], [2, 1, 3])?.median).toBe(2);
  });

  test("leaves out rounds in which one of the two has no figure, or the peer's is 0", () => {
    expect(ratiosOf([1, null, 3, 4], [2, 2, null, 0])).toEqual({ median: 0.5, lowest: 0.5, highest: 0.5 });
  });

  test("gives null when no round is left", () => {
    expect(ratiosOf([1, 2], [])).toBeNull();
  });
});
