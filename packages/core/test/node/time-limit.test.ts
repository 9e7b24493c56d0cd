import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDeferred } from "../../src/node/deferred.ts";
import { withTimeLimit } from "../../src/node/time-limit.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<never>(() => {});

test("a promise that settles in time gives its own result, and leaves no timer", async () => {
  const onTimeout = vi.fn();
  expect(await withTimeLimit(Promise.resolve("value"), 1_000, onTimeout)).toBe("value");
  const failed = withTimeLimit(Promise.reject(new Error("failed")), 1_000, onTimeout);
  await expect(failed).rejects.toThrow("failed");
  expect(vi.getTimerCount()).toBe(0);
  expect(onTimeout).not.toHaveBeenCalled();
});

test("the limit ends at its time, and not earlier", async () => {
  const onTimeout = vi.fn(() => "late");
  const result = withTimeLimit(never, 1_000, onTimeout);
  await vi.advanceTimersByTimeAsync(999);
  expect(onTimeout).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(await result).toBe("late");
});

test("an error of onTimeout rejects", async () => {
  const result = withTimeLimit(never, 10, () => {
    throw new Error("too late");
  });
  const rejected = expect(result).rejects.toThrow("too late");
  await vi.advanceTimersByTimeAsync(10);
  await rejected;
});

test("a promise that rejects after the limit does not cause an unhandled rejection", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const late = createDeferred<string>();
  const result = withTimeLimit(
    late.promise.then((value) => value),
    10,
    () => "late",
  );
  await vi.advanceTimersByTimeAsync(10);
  expect(await result).toBe("late");
  late.reject(new Error("after the limit"));
  vi.useRealTimers();
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test.each([2 ** 31, Number.POSITIVE_INFINITY])("a limit of %d does not end at once", async (limit) => {
  const onTimeout = vi.fn();
  void withTimeLimit(never, limit, onTimeout);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(onTimeout).not.toHaveBeenCalled();
});
