import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { PacketronServerFlags } from "../../src/config/flags.ts";
import { get, isAlive, runApp } from "./_cluster-child.ts";

async function occupy(port = 0): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port: taken } = server.address() as AddressInfo;
  return { server, port: taken };
}

test("workers that crash at boot: start() rejects with the first error and leaves neither worker nor port", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }], crash: true });
  const [rejection] = await app.hear("rejected", { role: "primary" });
  expect(rejection).toMatchObject({ code: "PKT_CLUSTER_WORKER_DIED" });
  expect(rejection?.["message"]).toContain("TypeError: broken at boot");
  expect(app.forked()).toHaveLength(2);
  app.child.stdin?.end();
  await app.ended;
});

test("workers that are killed at boot are tried again with back-off, at most ten times in all", async () => {
  const app = runApp({ servers: [{ maxThreads: 4, restartBackoff: 20 }], die: true });
  const [rejection] = await app.hear("rejected", { role: "primary" });
  expect(rejection).toMatchObject({ code: "PKT_CLUSTER_CRASH_LOOP" });
  expect(app.forked()).toHaveLength(10);
});

test("of many workers only as many are forked as may fail, until the first one is ready", async () => {
  const app = runApp({ servers: [{ maxThreads: 8, maxRestarts: 2, restartBackoff: 20 }], die: true });
  await app.hear("rejected", { role: "primary", code: "PKT_CLUSTER_CRASH_LOOP" });
  expect(app.forked()).toHaveLength(2);
});

test("start() rejects with the error of a hook that fails in a worker", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }], hook: "reject" });
  const [rejection] = await app.hear("rejected", { role: "primary" });
  expect(rejection?.["message"]).toContain("the hook failed");
});

test("start() rejects when a worker is not ready in time, and leaves neither worker nor port", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, readyTimeout: 500 }], hook: "hang" });
  await app.hear("rejected", { role: "primary", code: "PKT_CLUSTER_NOT_READY" });
  app.child.stdin?.end();
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("a used port rejects start() with its number, before a worker is forked", async () => {
  const { port } = await occupy();
  const app = runApp({ servers: [{ maxThreads: 2, port }] });
  const [rejection] = await app.hear("rejected");
  expect(rejection).toMatchObject({ role: "primary", code: "PKT_SERVER_PORT_IN_USE" });
  expect(rejection?.["message"]).toContain(`Port ${port} on 127.0.0.1 is in use`);
  expect(app.forked()).toEqual([]);
});

test("TRY_NEXT_PORT takes a later port, the same for every worker", async () => {
  const { port } = await occupy();
  const app = runApp({ servers: [{ maxThreads: 2, port, flags: PacketronServerFlags.TRY_NEXT_PORT }] });
  const chosen = await app.started();
  expect(chosen).toBeGreaterThan(port);
  expect(app.all("started", { role: "worker" }).map((line) => line["port"])).toEqual([chosen, chosen]);
  expect((await get(chosen)).status).toBe(200);
});

test("after port 65535, TRY_NEXT_PORT tries no further port", async () => {
  await occupy(65_535);
  const app = runApp({
    servers: [{ maxThreads: 2, port: 65_535, flags: PacketronServerFlags.TRY_NEXT_PORT }],
  });
  expect(await app.hear("rejected")).toMatchObject([{ code: "PKT_SERVER_PORT_IN_USE" }]);
});

test("an address that this machine does not have rejects start()", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, host: "192.0.2.1" }] });
  expect(await app.hear("rejected")).toMatchObject([{ code: "PKT_SERVER_LISTEN" }]);
});

test("a worker that dies while others start is restarted", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }], idle: true });
  app.command("start");
  await app.hear("log", { level: "debug" }, 1);
  const [victim] = app.forked();
  process.kill(Number(victim), "SIGKILL");
  await app.started();
  // The line of the worker may arrive after that of the primary.
  await app.until(() => app.workers().filter(isAlive).length === 2, "two workers");
});
