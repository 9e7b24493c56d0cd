import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LoopWatch } from "../src/loop-watch.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => vi.useRealTimers());

/** What a watch with this limit says after each of some looks, by the time between them. */
function watchLooks(limit: number, gaps: readonly number[]): boolean[] {
  const watch = new LoopWatch(limit);
  watch.start();
  let now = performance.now();
  const answers = gaps.map((gap) => {
    now += gap;
    watch.look(now);
    return watch.isLate;
  });
  watch.stop();
  return answers;
}

describe("a watch over the event loop", () => {
  test.each<[string, readonly number[], readonly boolean[]]>([
    ["nothing while looks are in time", [25, 26, 99, 100], [false, false, false, false]],
    ["nothing of a single late look, however late", [25, 9_000, 25], [false, false, false]],
    ["late from the second late look in a row", [25, 150, 150, 150], [false, false, true, true]],
    ["in time with the first look that is", [150, 150, 25, 25], [false, true, false, false]],
    ["nothing of late looks with one in time between them", [150, 25, 150, 25], [false, false, false, false]],
  ])("with a limit of 100 ms says %s", (_name, gaps, answers) => {
    expect(watchLooks(100, gaps)).toEqual(answers);
  });

  test.each([
    [10, 5],
    [40, 10],
    [200, 50],
    [400, 100],
    [60_000, 100],
  ])("of %i ms looks every %i ms", (limit, interval) => {
    const watch = new LoopWatch(limit);
    const look = vi.spyOn(watch, "look");
    watch.start();
    vi.advanceTimersByTime(interval * 10);
    expect(look).toHaveBeenCalledTimes(10);
    expect(watch.delay).toBe(interval);
    watch.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("without a limit never looks", () => {
    new LoopWatch(Number.POSITIVE_INFINITY).start();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("keeps one timer when it is started twice, and forgets what it saw when it stops", () => {
    const watch = new LoopWatch(100);
    watch.start();
    watch.start();
    expect(vi.getTimerCount()).toBe(1);
    watch.look(performance.now() + 200);
    watch.look(performance.now() + 400);
    expect(watch.isLate).toBe(true);
    watch.stop();
    expect(watch.isLate).toBe(false);
  });
});

test("a process is not kept alive by a watch", () => {
  vi.useRealTimers();
  const unref = vi.spyOn(globalThis, "setInterval");
  const watch = new LoopWatch(100);
  watch.start();
  const timer: unknown = unref.mock.results[0]?.value;
  expect(timer).toMatchObject({ hasRef: expect.any(Function) });
  expect(Object(timer).hasRef()).toBe(false);
  watch.stop();
  unref.mockRestore();
});
