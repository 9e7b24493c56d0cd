import { Agent } from "node:http";
import { expect, test } from "vitest";
import type { PrimaryStatus } from "../../src/cluster/process/status.ts";
import { Program } from "./_builds.ts";
import { get, type Running } from "./_cluster-child.ts";

test("the primary has the identity, the resource use and the load of each worker", async () => {
  const app = run({ heartbeatInterval: 50 });
  const port = await app.started();
  const slow = Array.from({ length: 6 }, () => get(port, "/slow/3000"));
  await Promise.all(Array.from({ length: 10 }, () => get(port)));
  const status = await statusWhere(
    app,
    ({ workers }) => sum(workers, "requests") >= 10 && sum(workers, "inFlight") === 6,
  );
  expect(status).toMatchObject({
    pid: app.child.pid,
    generation: 1,
    addresses: [{ address: "127.0.0.1", port }],
  });
  expect(status.workers.map(({ id }) => id)).toEqual([1, 2]);
  expect(status.workers.map(({ pid }) => pid).toSorted()).toEqual(app.living().toSorted());
  for (const worker of status.workers) {
    expect(worker).toMatchObject({ generation: 1, state: "ready", restarts: 0 });
    expect(worker.cpu).toBeGreaterThan(10_000);
    expect(worker.rss).toBeGreaterThan(10_000_000);
    expect(worker.connections).toBeGreaterThan(0);
    expect(worker.startedAt).toBeGreaterThan(status.startedAt);
  }
  await Promise.all(slow);
});

test("a killed worker counts as a restart, and generations show the progress of a reload", async () => {
  const app = run({ heartbeatInterval: 50, idleGrace: 50, minReadyTime: 1_000 });
  const port = await app.started();
  const agent = new Agent(); // the requests last until the test destroys it
  const slow = Promise.allSettled(Array.from({ length: 4 }, () => get(port, "/slow/60000", agent)));
  process.kill(Number(app.all("started", { worker: 2, role: "worker" })[0]?.pid), "SIGKILL");
  await app.hear("started", { role: "worker" }, 3);
  const restarted = await statusOf(app);
  expect(restarted.workers.map(({ restarts }) => restarts)).toEqual([0, 1]);
  app.command("reload");
  const states = (status: PrimaryStatus): string[] =>
    status.workers.map(({ id, generation, state }) => `${id}: ${state} ${generation}`);
  await statusWhere(
    app,
    (status) => states(status).includes("1: trial 2") || states(status).includes("2: trial 2"),
  );
  await statusWhere(app, (status) => states(status).some((state) => /^\d: draining 1$/.test(state)));
  agent.destroy();
  await app.hear("reloaded", { ok: true });
  expect(states(await statusOf(app))).toEqual(["1: ready 2", "2: ready 2"]);
  await slow;
});

function run(options: object): Running {
  const program = new Program();
  program.write(1);
  return program.run(options);
}

async function statusOf(app: Running): Promise<PrimaryStatus> {
  const before = app.all("status").length;
  app.command("status");
  const [line] = (await app.hear("status", {}, before + 1)).slice(-1);
  return JSON.parse(String(line?.["status"]));
}

async function statusWhere(app: Running, holds: (status: PrimaryStatus) => boolean): Promise<PrimaryStatus> {
  for (let tries = 0; tries < 300; tries += 1) {
    const status = await statusOf(app);
    if (holds(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error(`the condition did not become true: ${JSON.stringify(await statusOf(app))}`);
}

function sum(workers: PrimaryStatus["workers"], figure: "requests" | "inFlight"): number {
  return workers.reduce((total, worker) => total + worker[figure], 0);
}
