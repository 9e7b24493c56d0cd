import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { peersFolder } from "../../harness/install.ts";
import { measureBurst } from "../../measure/burst-turn.ts";
import { CPU_TIME_AVAILABLE } from "../../measure/cpu-time.ts";
import { measureEvents } from "../../measure/events-turn.ts";
import { measureHeld } from "../../measure/held-turn.ts";
import { measureLoad } from "../../measure/load-turn.ts";
import { type RunningServer, startServer } from "../../measure/server.ts";
import { burst1k } from "../../scenarios/burst.ts";
import { getJson } from "../../scenarios/get-json.ts";
import { asynchronous } from "../../scenarios/held.ts";
import { events } from "../../scenarios/presence.ts";

const PLAN = { core: null, duration: 1, pacedDuration: 1 };

test("a turn loads as much as the server carries, then with a share of that", {
  timeout: 30_000,
}, async () => {
  const server = await startPeer("json");
  const scenario = { ...asynchronous, application: "json", connections: 20 };
  const { cpu, throughput, p50, p99, ...paced } = await measureHeld(scenario, server, PLAN);
  for (const figure of [throughput, p50, p99, paced.pacedP99]) expect(figure).toBeGreaterThan(0);
  expect(p99).toBeGreaterThanOrEqual(p50 ?? 0);
  expect(paced.pacedP99).toBeGreaterThanOrEqual(paced.pacedP50 ?? 0);
  expect(paced.pacedDelay).toBeGreaterThanOrEqual(0);
  if (CPU_TIME_AVAILABLE) for (const time of [cpu, paced.pacedCpu]) expect(time).toBeGreaterThan(0);
});

test("a server gets no share of a rate that only the generator of the full load reaches", {
  timeout: 30_000,
}, async () => {
  const server = await startPeer("json");
  const rate = 10_000_000;
  const generator = {
    name: "of a test",
    run: () => Promise.resolve({ answers: rate, seconds: 1, p50: 1, p99: 1 }),
  };
  const round = await measureLoad({ ...getJson, connections: 20 }, server, { ...PLAN, generator });
  expect(round.throughput).toBe(rate);
  expect(round.pacedRate).toBeGreaterThan(100);
  expect(round.pacedRate).toBeLessThan(rate / 20);
});

test("a turn of the asynchronous handler has at least its wait as latency", { timeout: 30_000 }, async () => {
  const server = await startPeer("async");
  const { p50, throughput } = await measureHeld({ ...asynchronous, connections: 20 }, server, {
    ...PLAN,
    pacedDuration: 0,
  });
  expect(p50).toBeGreaterThan(9);
  expect(throughput).toBeLessThan(20 / 0.009);
});

test("events are counted as they arrive on all streams", { timeout: 30_000 }, async () => {
  const scenario = { ...events, connections: 20 };
  const round = await measureEvents(scenario, () => startPeer("events"), 1);
  expect(round.throughput).toBeGreaterThan(20); // 200 events are due
  if (CPU_TIME_AVAILABLE) expect(round.connection).toEqual(expect.any(Number));
});

test("a small burst has no late clients, and no metric is missing", { timeout: 30_000 }, async () => {
  const server = await startPeer("burst");
  const scenario = { ...burst1k, busy: 2, newcomers: 20, duration: 2, patience: 1.9 };
  const round = await measureBurst(scenario, server, null);
  expect(round).toMatchObject({ late: 0, never: 0, cut: 0 });
  expect(round.p99).toBeGreaterThan(0);
  if (CPU_TIME_AVAILABLE) expect(round.overflows).toBeGreaterThanOrEqual(0);
});

async function startPeer(application: string): Promise<RunningServer> {
  const command = [process.execPath, join(peersFolder, "node-http.js"), application] as const;
  const server = await startServer({ command, environment: {}, core: null });
  onTestFinished(() => server.stop());
  return server;
}
