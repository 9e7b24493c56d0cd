import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { peersFolder } from "../../harness/install.ts";
import { measureBurst } from "../../measure/burst-turn.ts";
import { CPU_TIME_AVAILABLE } from "../../measure/cpu-time.ts";
import { measureHeld } from "../../measure/held-turn.ts";
import { type RunningServer, startServer } from "../../measure/server.ts";
import { burst1k } from "../../scenarios/burst.ts";
import { asynchronous, paced64 } from "../../scenarios/held.ts";

const PLAN = { core: null, duration: 1 };

test("a paced turn sends the given share of what the server can carry", { timeout: 30_000 }, async () => {
  const server = await startPeer("paced");
  const { throughput: capacity } = await measureHeld({ ...paced64, kind: "held" }, server, PLAN);
  const { cpu, throughput, p50, p99, p999, delay } = await measureHeld(
    { ...paced64, share: 0.1 },
    server,
    PLAN,
  );
  expect(throughput).toBeGreaterThan(10);
  expect(throughput).toBeLessThan((capacity ?? 0) / 2);
  expect([p50, p99, p999].toSorted((one, other) => (one ?? 0) - (other ?? 0))).toEqual([p50, p99, p999]);
  expect(delay).toBeGreaterThanOrEqual(0);
  if (CPU_TIME_AVAILABLE) expect(cpu).toBeGreaterThan(0);
});

test("a turn of the asynchronous handler has at least its wait as latency", { timeout: 30_000 }, async () => {
  const server = await startPeer("async");
  const { p50, throughput } = await measureHeld({ ...asynchronous, connections: 20 }, server, PLAN);
  expect(p50).toBeGreaterThan(9);
  expect(throughput).toBeLessThan(20 / 0.009);
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
