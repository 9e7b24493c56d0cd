import { Agent } from "node:http";
import { constants } from "node:os";
import { expect, test } from "vitest";
import { PacketronServerFlags } from "../../src/config/flags.ts";
import { get, isAlive, runApp } from "./_cluster-child.ts";

test("every worker answers on the one port, and the primary never does", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const answers = await Promise.all(Array.from({ length: 8 }, () => get(port, "/slow?ms=50")));
  expect(new Set(answers.map((answer) => answer.worker))).toEqual(new Set([1, 2]));
  expect(answers.map((answer) => answer.pid)).not.toContain(app.child.pid);
  expect(app.all("started", { role: "worker" }).map((line) => line["port"])).toEqual([port, port]);
});

test("a worker that is busy with open connections gets fewer new ones", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const agents = Array.from({ length: 3 }, () => new Agent({ keepAlive: true }));
  // Ties rotate between workers: of three held connections, one worker has two.
  const held: number[] = [];
  for (const agent of agents) held.push((await get(port, "/", agent)).worker);
  const lesser = held.filter((worker) => worker === 1).length === 1 ? 1 : 2;
  expect((await get(port, "/")).worker).toBe(lesser);
  for (const agent of agents) agent.destroy();
});

test("round robin gives each worker its turn", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, distribution: "round-robin" }] });
  const port = await app.started();
  const order: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) order.push((await get(port)).worker);
  expect(order).toEqual(order[0] === 1 ? [1, 2, 1, 2, 1, 2] : [2, 1, 2, 1, 2, 1]);
});

test("several servers of one program share one set of workers, with the greatest number that one of them sets", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }, { maxThreads: 3 }] });
  const ports = [await app.started(0), await app.started(1)];
  expect(app.workers()).toHaveLength(3);
  const answers = await Promise.all(ports.flatMap((port) => [0, 1, 2].map(() => get(port, "/slow?ms=100"))));
  expect(new Set(answers.map((answer) => answer.pid)).size).toBe(3);
});

test("one of several servers can stop alone, and a worker that is forked later runs without it", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }, { maxThreads: 2 }] });
  const [first, second] = [await app.started(0), await app.started(1)];
  app.command("stop first");
  await app.hear("stop resolved");
  await expect(get(first)).rejects.toThrow("ECONNREFUSED");
  const { pid } = await get(second);
  process.kill(pid, "SIGKILL");
  await app.until(() => app.living().length === 2 && app.workers().length === 3, "a replacement");
  const answers = await Promise.all([get(second, "/slow?ms=50"), get(second, "/slow?ms=50")]);
  expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
});

test("a server with one process stays in the primary beside one with workers", async () => {
  const app = runApp({ servers: [{ maxThreads: 1 }, { maxThreads: 2 }] });
  await app.hear("started", { server: 0, role: "worker" }, 2);
  const alone = Number(app.all("started", { server: 0, role: "single" })[0]?.["port"]);
  expect((await get(alone)).pid).toBe(app.child.pid);
  expect((await get(await app.started(1))).pid).not.toBe(app.child.pid);
});

test("channels carry values between workers and primary, and the program's own listeners see none of them", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const { worker } = await get(port, "/send");
  const parcels = await app.hear("parcel", { end: "worker", from: worker }, 2);
  expect(parcels.map((parcel) => parcel["value"])).toEqual([{ from: "a worker" }, { from: "a worker" }]);
  expect(new Set(parcels.map((parcel) => parcel.pid))).toEqual(new Set(app.workers()));
  app.command("send");
  await app.hear("parcel", { end: "worker", from: 0 }, 2);
  const reporter = await get(port, "/report");
  const [report] = await app.hear("parcel", { end: "primary" });
  expect(report).toMatchObject({ pid: app.child.pid, from: reporter.worker });
  expect(app.all("message")).toEqual([]);
});

test("the default of maxThreads is logged in one line, and PACKETRON_THREADS sets it", async () => {
  const app = runApp({ servers: [{}] }, { PACKETRON_THREADS: "3" });
  await app.started();
  expect(app.workers()).toHaveLength(3);
  expect(app.all("log", { level: "info" }).map((line) => line["message"])).toEqual([
    "3 workers: set by PACKETRON_THREADS",
  ]);
  expect(app.workers().every(isAlive)).toBe(true);
});

test("RAISE_PROCESS_PRIORITY raises the priority of the workers, or one line logs the refusal", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, flags: PacketronServerFlags.RAISE_PROCESS_PRIORITY }] });
  const { priority } = await get(await app.started());
  const refusals = app.all("log", { level: "warn", message: "the system refused a higher process priority" });
  expect(refusals).toHaveLength(priority === constants.priority.PRIORITY_HIGH ? 0 : 1);
});
