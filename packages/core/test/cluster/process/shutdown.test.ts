import { createServer } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { NOTHING_CUT } from "../../../src/cluster/process/cut-report.ts";
import type { HttpListener } from "../../../src/cluster/process/lifecycle.ts";
import { CLOSE_GRACE, finishService } from "../../../src/cluster/process/shutdown.ts";
import { createDeferred } from "../../../src/node/deferred.ts";
import { fakeDelegate } from "../_delegate.ts";

const CUT = { requests: 1, connections: 0, names: ["GET /hang"] };

afterEach(() => void vi.useRealTimers());

test("cut requests have closed before the onStop tasks and the stopped hooks run", async () => {
  const delegate = fakeDelegate("1", {}, () => {});
  const closed = createDeferred<void>();
  const listener = fakeListener(closed.promise, () => {
    delegate.events.push("cut");
    setImmediate(() => {
      delegate.events.push("closed");
      closed.resolve();
    });
  });
  expect(await finishService(delegate, listener, { idleGrace: 0, timeoutMs: 0 })).toEqual({
    clean: false,
    cut: CUT,
  });
  expect(delegate.events).toEqual(["closing", "cut", "closed", "runStopHooks", "stopped"]);
});

test("a connection that never closes delays the stop by at most CLOSE_GRACE", async () => {
  vi.useFakeTimers();
  const delegate = fakeDelegate("1", {}, () => {});
  const listener = fakeListener(new Promise(() => {}), () => delegate.events.push("cut"));
  const finished = finishService(delegate, listener, { idleGrace: 0, timeoutMs: 500 });
  await vi.advanceTimersByTimeAsync(500 + CLOSE_GRACE - 1);
  expect(delegate.events).toEqual(["closing", "cut"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await finished).toEqual({ clean: false, cut: CUT });
  expect(delegate.events).toEqual(["closing", "cut", "runStopHooks", "stopped"]);
});

test("the stop cuts nothing and does not wait when all connections close by themselves", async () => {
  const delegate = fakeDelegate("1", {}, () => {});
  const listener = fakeListener(Promise.resolve(), () => delegate.events.push("cut"));
  expect(await finishService(delegate, listener, { idleGrace: 0, timeoutMs: 500 })).toEqual({
    clean: true,
    cut: NOTHING_CUT,
  });
  expect(delegate.events).toEqual(["closing", "runStopHooks", "stopped"]);
});

function fakeListener(drained: Promise<void>, destroy: () => void): HttpListener {
  return {
    server: createServer(),
    accept: () => {},
    connections: 1,
    load: { upgraded: 0, inFlight: 1, requests: 1 },
    drain: () => drained,
    destroy() {
      destroy();
      return CUT;
    },
  };
}
