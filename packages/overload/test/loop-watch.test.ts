import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LoopWatch } from "../src/loop-watch.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => vi.useRealTimers());

/** The values of `isLate` after each sample of a watch, for given times between the samples. */
function isLateAfter(limit: number, gaps: readonly number[]): boolean[] {
  const watch = new LoopWatch(limit, { wait: 0 });
  watch.start();
  let now = performance.now();
  const answers = gaps.map((gap) => {
    now += gap;
    watch.sample(now);
    return watch.isLate;
  });
  watch.stop();
  return answers;
}

describe("a watch over the event loop", () => {
  test.each<[string, readonly number[], readonly boolean[]]>([
    ["never late while samples are in time", [25, 26, 99, 100], [false, false, false, false]],
    ["not late after a single late sample", [25, 9_000, 25], [false, false, false]],
    ["late from the second late sample in a row", [25, 150, 150, 150], [false, false, true, true]],
    ["in time again at the first sample in time", [150, 150, 25, 25], [false, true, false, false]],
    ["not late when a sample in time separates late ones", [150, 25, 150, 25], [false, false, false, false]],
  ])("with a limit of 100 ms is %s", (_name, gaps, answers) => {
    expect(isLateAfter(100, gaps)).toEqual(answers);
  });

  test.each([
    [10, 5],
    [40, 10],
    [200, 50],
    [400, 100],
    [60_000, 100],
  ])("with a limit of %i ms takes a sample every %i ms", (limit, interval) => {
    const watch = new LoopWatch(limit, { wait: 0 });
    const sample = vi.spyOn(watch, "sample");
    watch.start();
    vi.advanceTimersByTime(interval * 10);
    expect(sample).toHaveBeenCalledTimes(10);
    expect(watch.delay).toBe(interval);
    watch.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is late while requests wait longer than the limit for short turns", () => {
    const load = { wait: 0 };
    const watch = new LoopWatch(100, load);
    watch.start();
    let now = performance.now();
    const answers = [0, 101, 102, 100, 101].map((wait) => {
      load.wait = wait;
      now += 25;
      watch.sample(now);
      return [watch.isLate, watch.delay];
    });
    watch.stop();
    expect(answers).toEqual([
      [false, 25],
      [false, 101],
      [true, 102],
      [false, 100],
      [false, 101],
    ]);
  });

  test("without a limit takes no samples", () => {
    new LoopWatch(Number.POSITIVE_INFINITY, { wait: 0 }).start();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("keeps one timer when it is started twice, and resets its state when it stops", () => {
    const watch = new LoopWatch(100, { wait: 0 });
    watch.start();
    watch.start();
    expect(vi.getTimerCount()).toBe(1);
    watch.sample(performance.now() + 200);
    watch.sample(performance.now() + 400);
    expect(watch.isLate).toBe(true);
    watch.stop();
    expect(watch.isLate).toBe(false);
  });
});

test("a watch does not keep its process alive", () => {
  vi.useRealTimers();
  const unref = vi.spyOn(globalThis, "setInterval");
  const watch = new LoopWatch(100, { wait: 0 });
  watch.start();
  const timer: unknown = unref.mock.results[0]?.value;
  expect(timer).toMatchObject({ hasRef: expect.any(Function) });
  expect(Object(timer).hasRef()).toBe(false);
  watch.stop();
  unref.mockRestore();
});
