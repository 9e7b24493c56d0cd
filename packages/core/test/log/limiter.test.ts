import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogLimiter } from "../../src/log/limiter.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] }));
afterEach(() => void vi.useRealTimers());

function record(lines: string[], name: string): (leftOut: number) => void {
  return (leftOut) => void lines.push(`${name} ${leftOut}`);
}

test("a burst prints its first line at once, and its last one with the number of lines left out after a second", () => {
  const lines: string[] = [];
  const limited = createLogLimiter();
  for (let index = 0; index < 100; index++) limited("body", record(lines, `line ${index}`));
  expect(lines).toEqual(["line 0 0"]);
  vi.advanceTimersByTime(1000);
  expect(lines).toEqual(["line 0 0", "line 99 98"]);
  vi.advanceTimersByTime(5000);
  expect(lines).toHaveLength(2);
});

test("a steady flood prints one line a second", () => {
  const lines: string[] = [];
  const limited = createLogLimiter();
  for (let time = 0; time < 10_000; time += 10) {
    limited("body", record(lines, "x"));
    vi.advanceTimersByTime(10);
  }
  expect(lines.length).toBeGreaterThanOrEqual(9);
  expect(lines.length).toBeLessThanOrEqual(11);
});

test("kinds are counted separately, and a limiter may allow more than one line", () => {
  const lines: string[] = [];
  const limited = createLogLimiter(2);
  for (const kind of ["a", "b", "a", "b", "a"]) limited(kind, record(lines, kind));
  expect(lines).toEqual(["a 0", "b 0", "a 0", "b 0"]);
});

test("the next line has the count when the timer is late", () => {
  const lines: string[] = [];
  const limited = createLogLimiter();
  for (let index = 0; index < 3; index++) limited("body", record(lines, "x"));
  const later = performance.now() + 1500;
  vi.spyOn(performance, "now").mockReturnValue(later);
  limited("body", record(lines, "y"));
  vi.advanceTimersByTime(2000);
  expect(lines).toEqual(["x 0", "y 2"]);
});

test("a wall clock that is set back does not silence the log", () => {
  const lines: string[] = [];
  const limited = createLogLimiter();
  limited("body", record(lines, "x"));
  vi.setSystemTime(0);
  vi.advanceTimersByTime(1000);
  limited("body", record(lines, "y"));
  expect(lines).toEqual(["x 0", "y 0"]);
});

test("a logger that throws at the end of a burst does not end the process", () => {
  const limited = createLogLimiter();
  limited("body", () => {});
  limited("body", () => {
    throw new Error("logger");
  });
  expect(() => vi.advanceTimersByTime(1000)).not.toThrow();
});
