import { Agent } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { get, isAlive, runApp } from "./_cluster-child.ts";

test("SIGTERM ends every process with exit code 0", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  await app.started();
  app.child.kill("SIGTERM");
  expect(await app.ended).toEqual({ code: 0, signal: null });
  expect(app.logged("info", /^stop/)).toEqual([
    "stopping (SIGTERM): 0 requests in flight, up to 25 s; the signal again ends at once",
    "stopped",
  ]);
  expect(app.workers().filter(isAlive)).toEqual([]);
  expect(app.all("draining")).toHaveLength(3);
  expect(app.all("stopped")).toHaveLength(3);
});

test("SIGTERM under load: every accepted request is answered, with Connection: close, and the exit code is 0", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, idleGrace: 100 }] });
  const port = await app.started();
  const agent = new Agent({ keepAlive: true });
  const inFlight = Array.from({ length: 40 }, () => get(port, "/slow?ms=1000", agent));
  await Promise.all(Array.from({ length: 10 }, () => get(port)));
  app.child.kill("SIGTERM");
  const answers = await Promise.all(inFlight);
  agent.destroy();
  expect(answers.map((answer) => answer.status)).toEqual(Array(40).fill(200));
  expect(new Set(answers.map((answer) => answer.headers.connection))).toEqual(new Set(["close"]));
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("connections that wait in the primary when SIGTERM comes are answered, too", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, idleGrace: 1_000 }] });
  const port = await app.started();
  const workers = app.living();
  for (const pid of workers) process.kill(pid, "SIGSTOP");
  const answers = Array.from({ length: 40 }, () => get(port));
  await Promise.all(Array.from({ length: 10 }, () => connected(port)));
  app.child.kill("SIGTERM");
  await app.hear("draining");
  for (const pid of workers) process.kill(pid, "SIGCONT");
  expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual(Array(40).fill(200));
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("requests in flight after drainTimeout are cut, and the exit code is 1", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, drainTimeout: 200 }] });
  const port = await app.started();
  const slow = [1, 2, 3].map((count) => get(port, `/slow?ms=${60_000 + count}`).catch((error) => error.code));
  await app.hear("slow", {}, 3);
  app.child.kill("SIGTERM");
  expect(await Promise.all(slow)).toEqual(Array(3).fill("ECONNRESET"));
  expect(await app.ended).toEqual({ code: 1, signal: null });
  expect(app.logged("info", /^stop/)).toEqual([
    "stopping (SIGTERM): 3 requests in flight, up to 0.2 s; the signal again ends at once",
    "stopped with exit code 1: the lines above say why",
  ]);
  expect(app.logged("warn")).toEqual(["3 requests were cut after 0.2 s: GET /slow"]);
});

test("a worker that is replaced while it has a request reports what it cut", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, drainTimeout: 100 }] });
  const port = await app.started();
  const slow = get(port, "/slow?ms=60000").catch((error) => error.code);
  const { pid } = await get(port);
  process.kill(Number(app.living().find((other) => other !== pid)), "SIGTERM");
  expect(await slow).toBe("ECONNRESET");
  const report = /^worker [12]: 1 request was cut after 0\.1 s: GET \/slow$/;
  await app.until(() => app.logged("warn", report).length === 1, "the report of the worker");
  await app.until(() => app.logged("info", /^worker [12] serves again$/).length === 1, "the replacement");
});

test.each([0, 300])(
  "a worker that dies while the server stops is not replaced, and the exit code is 1 (preDrainDelay %i)",
  async (preDrainDelay) => {
    const app = runApp({ servers: [{ maxThreads: 2, preDrainDelay, restartBackoff: 1 }] });
    const port = await app.started();
    const slow = get(port, "/slow?ms=60000").catch((error) => error.code);
    const quick = await get(port);
    const busy = app.living().find((pid) => pid !== quick.pid);
    app.child.kill("SIGTERM");
    await app.hear("draining", {}, 3);
    process.kill(Number(busy), "SIGKILL");
    expect(await slow).toBe("ECONNRESET");
    expect(await app.ended).toEqual({ code: 1, signal: null });
    expect(app.forked()).toHaveLength(2);
    const lines = app.all("log", { level: "error" }).map((line) => line["message"]);
    expect(lines).toEqual([
      expect.stringMatching(
        /^worker [12] ended before it had drained \(signal SIGKILL\): the requests that it had are lost$/,
      ),
    ]);
  },
);

test("a worker that dies after it has drained is not replaced either, and the exit code is 0", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, restartBackoff: 1 }] });
  const port = await app.started();
  const slow = get(port, "/slow?ms=700");
  const quick = await get(port);
  app.child.kill("SIGTERM");
  await app.hear("log", { level: "debug", message: `worker ${quick.worker} has drained` });
  process.kill(quick.pid, "SIGKILL");
  expect((await slow).status).toBe(200);
  expect(await app.ended).toEqual({ code: 0, signal: null });
  expect(app.forked()).toHaveLength(2);
  expect(app.all("log", { level: "error" })).toEqual([]);
});

test("a second signal ends all processes at once, unless it is a copy of the first", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, idleGrace: 700 }] });
  const port = await app.started();
  const slow = get(port, "/slow?ms=60000").catch((error) => error.code);
  // Keeps a worker draining for the grace, which is longer than the time in which copies of a signal are ignored.
  const agent = new Agent({ keepAlive: true });
  await get(port, "/", agent);
  app.child.kill("SIGTERM");
  await app.hear("draining", {}, 3);
  // npm forwards a copy of the signal within half a second: the worker still drains to its end.
  app.child.kill("SIGTERM");
  await app.hear("stopped");
  app.child.kill("SIGINT");
  expect(await app.ended).toEqual({ code: 1, signal: null });
  expect(app.logged("warn")).toEqual(["ended at once, because SIGINT came while the program was stopping"]);
  expect(await slow).toBe("ECONNRESET");
  await app.until(() => app.living().length === 0, "the end of the workers");
});

test("a worker that is stopped by SIGSTOP is killed after its time limit", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, drainTimeout: 100 }] });
  await app.started();
  process.kill(Number(app.living()[0]), "SIGSTOP");
  app.child.kill("SIGTERM");
  expect(await app.ended).toEqual({ code: 1, signal: null });
  expect(app.living()).toEqual([]);
});

test("Ctrl-C reaches all processes of the terminal, and requests in flight are still answered", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const slow = get(port, "/slow?ms=300");
  await app.hear("slow");
  process.kill(-Number(app.child.pid), "SIGINT");
  expect((await slow).status).toBe(200);
  expect(await app.ended).toEqual({ code: 0, signal: null });
  expect(app.logged("info", /^stop/)).toEqual([
    "stopping (SIGINT): 1 request in flight, up to 25 s; the signal again ends at once",
    "stopped",
  ]);
});

test("SIGTERM to all processes at once ends them in order", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const slow = get(port, "/slow?ms=300");
  await get(port);
  process.kill(-Number(app.child.pid), "SIGTERM");
  expect((await slow).status).toBe(200);
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("SIGTERM to one worker ends it after its requests, and another replaces it", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const slow = get(port, "/slow?ms=500");
  const quick = await get(port);
  const other = app.living().find((pid) => pid !== quick.pid);
  process.kill(Number(other), "SIGTERM");
  expect(await slow).toMatchObject({ status: 200, pid: other });
  await app.until(() => !app.living().includes(Number(other)) && app.living().length === 2, "a replacement");
});

test("retire() does the same from inside the worker", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const { pid } = await get(await app.started(), "/retire");
  await app.until(() => !app.living().includes(pid) && app.living().length === 2, "a replacement");
});

test("stop() in the primary resolves when all workers have exited, and the program exits by itself", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  // Two lines in one write: after the first stop the program ends by itself, and would not read a second write.
  app.command("stop\nstop");
  await app.hear("stop resolved", { pid: app.child.pid ?? 0 }, 2);
  await expect(get(port)).rejects.toThrow("ECONNREFUSED");
  expect(app.living()).toEqual([]);
  app.child.stdin?.end();
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("stop() in a worker stops all processes", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const { pid } = await get(await app.started(), "/halt");
  await app.hear("stop resolved", { pid });
  await app.until(() => app.living().length === 0, "the end of the workers");
  app.child.stdin?.end();
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("stop() in a worker settles while the primary is paused", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const agent = new Agent({ keepAlive: true });
  await get(port, "/", agent);
  app.child.kill("SIGSTOP");
  const { pid } = await get(port, "/halt", agent);
  await app.hear("stop resolved", { pid });
  agent.destroy();
  app.child.kill("SIGCONT");
  await app.until(() => app.living().length === 0, "the end of the workers");
});

test("stop() before start() makes start() reject, and no worker is forked", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }], idle: true });
  app.command("stop");
  await app.hear("stop resolved");
  app.command("start");
  expect(await app.hear("rejected")).toMatchObject([{ code: "PKT_SERVER_STOPPED" }]);
  expect(app.workers()).toEqual([]);
});

test("stop() during start() makes start() reject and leaves neither worker nor port", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }], hook: "hang" });
  await app.hear("log", { level: "debug" }, 2);
  app.command("stop");
  await app.hear("stop resolved");
  expect(await app.hear("rejected", { role: "primary" })).toMatchObject([{ code: "PKT_SERVER_STOPPED" }]);
  app.child.stdin?.end();
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("SIGTERM during start() ends the program with exit code 0", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }], hook: "hang" });
  await app.hear("log", { level: "debug" }, 2);
  app.child.kill("SIGTERM");
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("connections that wait for the first worker when SIGTERM comes are answered by a worker that is starting", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }], hook: "pause" });
  const paused = await app.hear("paused", {}, 2);
  const [bound] = await app.hear("bound", { role: "primary" });
  const port = Number(bound?.["port"]);
  const answers = Array.from({ length: 5 }, () => get(port));
  await Promise.all(answers.map(() => connected(port)));
  app.child.kill("SIGTERM");
  await app.hear("draining");
  for (const { pid } of paused) process.kill(pid, "SIGCONT");
  expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual(Array(5).fill(200));
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("connections that no worker could serve are counted, and the exit code is 1", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, drainTimeout: 100 }], hook: "hang" });
  const [bound] = await app.hear("bound", { role: "primary" });
  const port = Number(bound?.["port"]);
  const answers = Array.from({ length: 5 }, () => get(port).catch((error) => error.code));
  await connected(port);
  app.child.kill("SIGTERM");
  expect(await Promise.all(answers)).toEqual(Array(5).fill("ECONNRESET"));
  expect(await app.ended).toEqual({ code: 1, signal: null });
  expect(app.logged("warn")).toContain("6 connections were closed before a worker could take them");
});

test("idle connections stay open for the grace", async () => {
  const app = runApp({ servers: [{ maxThreads: 2, idleGrace: 2_000 }] });
  const port = await app.started();
  const agent = new Agent({ keepAlive: true });
  const first = await get(port, "/", agent);
  app.child.kill("SIGTERM");
  await app.hear("closing", { pid: first.pid });
  const late = await get(port, "/", agent);
  expect(late).toMatchObject({ status: 200, pid: first.pid });
  expect(late.headers.connection).toBe("close");
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

function connected(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}
