import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { collectLog, type LogLine } from "../../core/test/_server.ts";
import { Check } from "../src/check.ts";
import type { ReadinessCheck } from "../src/options.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => vi.useRealTimers());

/** A check with a time limit of 100 ms whose result is valid for 1 s, its calls, and its log lines. */
function make(run: ReadinessCheck): { check: Check; run: ReturnType<typeof vi.fn>; lines: LogLine[] } {
  const { logger: log, lines } = collectLog();
  const spy = vi.fn(run);
  return {
    check: new Check({ name: "database", run: spy, timeout: 100, maxAge: 1000, log }),
    run: spy,
    lines,
  };
}

describe("a readiness check", () => {
  test.each<[string, ReadinessCheck, boolean]>([
    ["returns nothing", () => undefined, true],
    ["returns true", () => true, true],
    ["resolves with rows", async () => [], true],
    ["resolves with null", async () => null, true],
    ["returns false", () => false, false],
    ["resolves with false", async () => false, false],
    ["rejects", () => Promise.reject(new Error("connection lost")), false],
    [
      "throws",
      () => {
        throw new Error("connection lost");
      },
      false,
    ],
    ["rejects with nothing", () => Promise.reject(undefined), false],
  ])("that %s has its result cached", async (_name, run, passes) => {
    const { check } = make(run);
    expect(await check.ask()).toBe(passes);
    expect(check.ask()).toBe(passes); // from the cache, so without a promise
  });

  test("runs once for all probes during a run, and once more when its result has expired", async () => {
    const { check, run } = make(async () => true);
    await Promise.all(Array.from({ length: 1000 }, () => check.ask()));
    for (let times = 0; times < 1000; times++) check.ask();
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(999);
    expect(check.ask()).toBe(true);
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    await check.ask();
    expect(run).toHaveBeenCalledTimes(2);
  });

  test("has failed when its time is over: its signal aborts, and it runs again later", async () => {
    const signals: AbortSignal[] = [];
    const { check } = make((signal) => {
      signals.push(signal);
      return signals.length === 1 ? new Promise(() => {}) : true;
    });
    const answer = check.ask();
    await vi.advanceTimersByTimeAsync(99);
    expect(signals[0]?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toBe(false);
    expect(signals[0]?.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await check.ask()).toBe(true);
    expect(signals[1]?.aborted).toBe(false);
  });

  test("that rejects after its time does not cause an unhandled rejection", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { check } = make(
      (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    const answer = check.ask();
    await vi.advanceTimersByTimeAsync(100);
    expect(await answer).toBe(false);
    await new Promise(setImmediate);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("leaves no timer running", async () => {
    const { check } = make(() => true);
    await check.ask();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is logged when it begins to fail and when it passes again, not for each probe", async () => {
    let failing = true;
    const { check, lines } = make(() => {
      if (failing) throw new Error("connect ECONNREFUSED");
    });
    const askLater = async () => {
      await check.ask();
      await vi.advanceTimersByTimeAsync(1000);
    };
    await askLater();
    await askLater();
    expect(lines).toMatchObject([{ level: "warn", fields: { check: "database", err: expect.any(Error) } }]);
    failing = false;
    await askLater();
    await askLater();
    expect(lines.slice(1)).toMatchObject([{ level: "info", fields: { check: "database" } }]);
  });
});
