import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { PacketronServerFlags } from "../../src/config/flags.ts";
import { get, type Running, runApp } from "./_cluster-child.ts";

/** Waits for the start of the single process, and returns the port. */
async function startedAlone(app: Running): Promise<number> {
  const [line] = await app.hear("started", { role: "single" });
  return Number(line?.["port"]);
}

test("maxThreads 1 serves in the process itself", async () => {
  const app = runApp({ servers: [{ maxThreads: 1 }] });
  expect(await get(await startedAlone(app))).toMatchObject({ pid: app.child.pid, role: "single", worker: 0 });
  expect(app.all("log")).toEqual([]);
});

test("SIGTERM answers the requests in flight and ends a single process with code 0", async () => {
  const app = runApp({ servers: [{ maxThreads: 1 }] });
  const port = await startedAlone(app);
  const slow = get(port, "/slow?ms=300");
  await get(port);
  app.child.kill("SIGTERM");
  const answer = await slow;
  expect(answer.status).toBe(200);
  expect(answer.headers.connection).toBe("close");
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("requests in flight after drainTimeout are cut, and the exit code is 1", async () => {
  const app = runApp({ servers: [{ maxThreads: 1, drainTimeout: 100 }] });
  const port = await startedAlone(app);
  const slow = get(port, "/slow?ms=60000").catch((error) => error.code);
  await app.hear("slow");
  app.child.kill("SIGTERM");
  expect(await slow).toBe("ECONNRESET");
  expect(await app.ended).toEqual({ code: 1, signal: null });
  expect(app.all("log").map((line) => line["message"])).toEqual([
    "stopping (SIGTERM): 1 request in flight, up to 0.1 s; the signal again ends at once",
    "1 request was cut after 0.1 s: GET /slow",
    "stopped with exit code 1: the lines above say why",
  ]);
});

test("stop() leaves nothing that keeps the program alive, and removes its signal listeners", async () => {
  const app = runApp({ servers: [{ maxThreads: 1 }], idle: true });
  app.command("start");
  await startedAlone(app);
  app.command("stop");
  await app.hear("stop resolved");
  app.child.kill("SIGTERM");
  expect(await app.ended).toEqual({ code: null, signal: "SIGTERM" });
});

test("channels deliver within the process, later and cloned", async () => {
  const app = runApp({ servers: [{ maxThreads: 1 }] });
  await get(await startedAlone(app), "/send");
  expect(await app.hear("parcel")).toMatchObject([{ end: "worker", value: { from: "a worker" }, from: 0 }]);
});

test("TRY_NEXT_PORT works without workers, too", async () => {
  const first = runApp({ servers: [{ maxThreads: 1 }] });
  const port = await startedAlone(first);
  const second = runApp({ servers: [{ maxThreads: 1, port, flags: PacketronServerFlags.TRY_NEXT_PORT }] });
  expect(await startedAlone(second)).toBeGreaterThan(port);
  const third = runApp({ servers: [{ maxThreads: 1, port }] });
  expect(await third.hear("rejected")).toMatchObject([{ code: "PKT_SERVER_PORT_IN_USE" }]);
});

test("under PM2 without maxThreads it runs as one process, and logs that once", async () => {
  const app = runApp({ servers: [{}] }, { pm_id: "0", PACKETRON_THREADS: "2" });
  await startedAlone(app);
  const lines = app.all("log").map((line) => line["message"]);
  expect(lines).toEqual(["one process, because it runs under PM2, and maxThreads is not given"]);
});

test("under PM2 with maxThreads it has workers", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] }, { pm_id: "0" });
  await app.started();
  expect(app.workers()).toHaveLength(2);
});

test("a program without a file runs as one process", async () => {
  const folder = fileURLToPath(new URL("../../src", import.meta.url));
  const code = `
    import { createLifecycle } from "${folder}/cluster/index.ts";
    import { fakeDelegate } from "${folder}/../test/cluster/_delegate.ts";
    const delegate = fakeDelegate("1:x:0", { host: "127.0.0.1", port: 0, maxThreads: 2 }, () => {});
    const lifecycle = createLifecycle(delegate);
    await lifecycle.start();
    console.log(lifecycle.role, delegate.events.find((line) => line.startsWith("log: ")));
    await lifecycle.stop();
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  expect(await text(child.stdout)).toBe(
    "single log: one process, because it runs without an entry file that workers could run\n",
  );
});
