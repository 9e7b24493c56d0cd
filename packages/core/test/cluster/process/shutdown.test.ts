import { createServer } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import type { HttpListener } from "../../../src/cluster/process/lifecycle.ts";
import { CLOSE_GRACE, finishService } from "../../../src/cluster/process/shutdown.ts";
import { createDeferred } from "../../../src/node/deferred.ts";
import { fakeDelegate } from "../_delegate.ts";

afterEach(() => void vi.useRealTimers());

test("requests that are cut have closed before the tasks for the end and the stopped hooks run", async () => {
  const delegate = fakeDelegate("1", {}, () => {});
  const closed = createDeferred<void>();
  const listener = fakeListener(closed.promise, () => {
    delegate.story.push("cut");
    setImmediate(() => {
      delegate.story.push("closed");
      closed.resolve();
    });
  });
  expect(await finishService(delegate, listener, { idleGrace: 0, timeoutMs: 0 })).toBe(false);
  expect(delegate.story).toEqual(["closing", "cut", "closed", "runStopHooks", "stopped"]);
});

test("a connection that never closes holds the end up for CLOSE_GRACE, no longer", async () => {
  vi.useFakeTimers();
  const delegate = fakeDelegate("1", {}, () => {});
  const listener = fakeListener(new Promise(() => {}), () => delegate.story.push("cut"));
  const finished = finishService(delegate, listener, { idleGrace: 0, timeoutMs: 500 });
  await vi.advanceTimersByTimeAsync(500 + CLOSE_GRACE - 1);
  expect(delegate.story).toEqual(["closing", "cut"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await finished).toBe(false);
  expect(delegate.story).toEqual(["closing", "cut", "runStopHooks", "stopped"]);
});

test("nothing is cut, and nothing waits, when all connections close by themselves", async () => {
  const delegate = fakeDelegate("1", {}, () => {});
  const listener = fakeListener(Promise.resolve(), () => delegate.story.push("cut"));
  expect(await finishService(delegate, listener, { idleGrace: 0, timeoutMs: 500 })).toBe(true);
  expect(delegate.story).toEqual(["closing", "runStopHooks", "stopped"]);
});

function fakeListener(drained: Promise<void>, destroy: () => void): HttpListener {
  return {
    server: createServer(),
    accept: () => {},
    connections: 1,
    load: { inFlight: 1, requests: 1 },
    drain: () => drained,
    destroy,
  };
}
