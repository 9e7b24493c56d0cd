import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { LoadMeter, trafficOf } from "../../../src/cluster/process/load-meter.ts";
import { plainListener } from "../_delegate.ts";

test("adds up the load of the servers of the process", () => {
  const meter = new LoadMeter();
  const one = { connections: 1, upgraded: 4, requests: 20, inFlight: 300 };
  const load = meter.read([one, one]);
  expect(load).toMatchObject({ connections: 2, upgraded: 8, requests: 40, inFlight: 600 });
  expect(load.cpu).toBeGreaterThan(0);
  expect(load.rss).toBeGreaterThan(1_000_000);
});

test("measures a blocked event loop, and resets the figure after each reading", async () => {
  const meter = new LoadMeter();
  await pause(60);
  meter.read([]);
  await pause(60);
  const until = performance.now() + 150;
  while (performance.now() < until);
  await pause(60);
  expect(meter.read([]).eventLoopDelay).toBeGreaterThan(80);
  // The figure covers the time since the last reading.
  expect(meter.read([]).eventLoopDelay).toBe(0);
});

test("without a free descriptor, the last memory figure is used", () => {
  const meter = new LoadMeter();
  const { rss } = meter.read([]);
  const failure = Object.assign(new Error("too many open files"), { code: "EMFILE" });
  const spy = vi.spyOn(process.memoryUsage, "rss").mockImplementation(() => {
    throw failure;
  });
  expect(meter.read([]).rss).toBe(rss);
  spy.mockRestore();
});

test("a process without servers has no traffic, and neither has a server without requests", () => {
  expect(trafficOf(undefined)).toEqual({ connections: 0, upgraded: 0, requests: 0, inFlight: 0 });
  expect(trafficOf(plainListener(() => {}))).toEqual({
    connections: 0,
    upgraded: 0,
    requests: 0,
    inFlight: 0,
  });
});
