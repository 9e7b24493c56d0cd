import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { get, isAlive, type Running, runApp } from "./_cluster-child.ts";

/** Resolves when a new worker has replaced the worker and serves. */
async function replaced(app: Running, size: number, generation: number): Promise<void> {
  await app.until(
    () => app.workers().length >= size + generation && app.living().length === size,
    "a replacement",
  );
}

test("kill -9 of workers under load: no connection is refused, only requests in flight fail, each worker is replaced", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const failures: unknown[] = [];
  let answered = 0;
  let loading = true;
  const load = async (): Promise<void> => {
    while (loading)
      await get(port, "/slow?ms=2", agent).then(
        () => answered++,
        (error) => failures.push(error.code),
      );
  };
  const clients = Array.from({ length: 16 }, load);
  for (let round = 1; round <= 3; round += 1) {
    await app.until(() => answered > round * 100, "answers");
    const [victim] = app.living();
    if (victim !== undefined) process.kill(victim, "SIGKILL");
    await replaced(app, 2, round);
  }
  loading = false;
  await Promise.all(clients);
  agent.destroy();
  expect(failures).not.toContain("ECONNREFUSED");
  // A kill fails at most the requests on the connections of one worker.
  expect(failures.length).toBeLessThanOrEqual(3 * 16);
  expect(answered).toBeGreaterThan(300);
});

test("connections that a killed worker never acknowledged are answered by another", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const [victim] = app.living();
  // The stopped worker reads nothing from its channel, so some of these connections are in transit when it dies.
  process.kill(Number(victim), "SIGSTOP");
  const answers = Array.from({ length: 12 }, () => get(port));
  await Promise.any(answers);
  process.kill(Number(victim), "SIGKILL");
  const pids = (await Promise.all(answers)).map((answer) => answer.pid);
  expect(pids).toHaveLength(12);
  expect(pids).not.toContain(victim);
});

test("connections wait while no worker is ready, and are answered by the first replacement", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const before = app.living();
  for (const pid of before) process.kill(pid, "SIGKILL");
  const answers = await Promise.all(Array.from({ length: 40 }, () => get(port)));
  expect(answers.map((answer) => answer.status)).toEqual(Array(40).fill(200));
  expect(answers.some((answer) => before.includes(answer.pid))).toBe(false);
});

test("a replacement has the id of the worker that it replaces", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  await app.started();
  const [line] = app.all("started", { role: "worker", worker: 2 });
  process.kill(Number(line?.pid), "SIGKILL");
  await app.hear("started", { role: "worker", worker: 2 }, 2);
  expect(app.all("started", { role: "worker", worker: 1 })).toHaveLength(1);
});

test("clients may reset their connection before a worker has it", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const stopped = app.living();
  for (const pid of stopped) process.kill(pid, "SIGSTOP");
  for (let client = 0; client < 30; client += 1) {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\n\r\n", () => socket.resetAndDestroy()),
    );
  }
  const patient = get(port);
  for (const pid of stopped) process.kill(pid, "SIGCONT");
  expect((await patient).status).toBe(200);
  expect((await get(port)).status).toBe(200);
  expect(app.living()).toEqual(stopped);
});

test("a worker whose loop is blocked is killed and replaced, and the connections that waited for it are answered", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, heartbeatInterval: 50, heartbeatTimeout: 500 }] });
  const port = await app.started();
  const blocked = get(port, "/block").catch((error) => error.code);
  await app.hear("blocked");
  const answers = await Promise.all(Array.from({ length: 8 }, () => get(port)));
  expect(await blocked).toBe("ECONNRESET");
  expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
  await replaced(app, 2, 1);
  expect(app.all("log", { level: "error" }).map((line) => line["message"])).toEqual([
    expect.stringMatching(/^worker [12] was silent for 500 ms/),
  ]);
});

test("a worker that is killed after a message is replaced, and the connections in transit to it are returned", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const cut = get(port, "/last-message").catch((error) => error.code);
  const [line] = await app.hear("blocked");
  const answers = Promise.all(Array.from({ length: 8 }, () => get(port)));
  await app.until(() => !isAlive(Number(line?.pid)), "the end of the worker");
  app.child.kill("SIGCONT");
  expect(await cut).toBe("ECONNRESET");
  expect((await answers).map((answer) => answer.status)).toEqual(Array(8).fill(200));
  await replaced(app, 2, 1);
});

test("a primary that was stopped itself does not blame its workers", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, heartbeatInterval: 20, heartbeatTimeout: 200 }] });
  const port = await app.started();
  const workers = app.living();
  app.child.kill("SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, 600));
  app.child.kill("SIGCONT");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await get(port)).status).toBe(200);
  expect(app.living()).toEqual(workers);
});

test("the primary logs the error of a worker that exits because of it, with exit code 1", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  await get(port, "/throw").catch(() => {});
  const [line] = await app.hear("log", { level: "warn", pid: Number(app.child.pid) });
  expect(line?.["message"]).toMatch(/^worker [12] leaves: RangeError: thrown in a timer$/);
  await replaced(app, 2, 1);
  const ended = (): readonly unknown[] =>
    app.all("log", { level: "debug" }).map((line) => Object(line["fields"]).code);
  await app.until(() => ended().includes(1), "the exit code");
});

test("kill -9 of the primary: the port is free at once, requests in flight are answered, and all workers exit within 2 s", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const slow = get(port, "/slow?ms=300");
  await get(port);
  app.child.kill("SIGKILL");
  const killed = performance.now();
  await app.ended;
  await expect(get(port)).rejects.toThrow("ECONNREFUSED");
  expect((await slow).status).toBe(200);
  await app.until(() => app.living().length === 0, "the end of the workers");
  expect(performance.now() - killed).toBeLessThan(2_000);
});

test("workers that crash again and again are forked ever more slowly, then the program ends with the first error", async () => {
  const folder = mkdtempSync(join(tmpdir(), "packetron-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const crashFile = join(folder, "crash");
  const app = runApp({ servers: [{ maxThreads: 2, restartBackoff: 20, maxRestarts: 6 }], crashFile });
  await app.started();
  writeFileSync(crashFile, "");
  for (const pid of app.living()) process.kill(pid, "SIGKILL");
  expect(await app.ended).toEqual({ code: 1, signal: null });
  const [loop] = app.all("log", { level: "error" });
  expect(loop?.["message"]).toContain("6 workers ended before they were ready");
  expect(loop?.["message"]).toContain("The first one said: TypeError: broken by the file");
  expect(app.forked().length).toBeLessThanOrEqual(2 + 6);
  expect(app.workers().filter(isAlive)).toEqual([]);
});
