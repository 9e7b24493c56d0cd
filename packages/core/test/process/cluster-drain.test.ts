import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Program } from "./_builds.ts";
import { get, isAlive, type Running } from "./_cluster-child.ts";
import { Load } from "./_load.ts";

const FULL = process.env["PACKETRON_TEST_FULL"] === "1";
/** The duration of the requests in flight when SIGTERM arrives, in milliseconds. */
const SLOW = FULL ? 2_000 : 600;

/** A command that runs node as the first process of its own namespace; it may need privileges. */
const NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child"] as const;
const noNamespace = spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), "true"]).status !== 0;

test.each([2, 1])(
  "SIGTERM under load with slow requests, maxThreads %i: all complete, exit code 0",
  async (maxThreads) => {
    const app = runBuild({ maxThreads });
    const port = await started(app);
    const load = new Load(port);
    const slow = new Load(port, { path: `/slow/${SLOW}`, keeping: 10, changing: 10, most: 20 });
    await app.until(() => load.outcomes.length > 50, "answers");
    const signalled = performance.now();
    app.child.kill("SIGTERM");
    await slow.ended;
    expect(slow.failures).toEqual([]);
    expect(await app.ended).toEqual({ code: 0, signal: null });
    const took = Math.round(performance.now() - signalled);
    if (FULL)
      process.stderr.write(`requests of ${SLOW} ms, ${maxThreads} processes: ended after ${took} ms\n`);
    expect(took).toBeLessThan(SLOW + (FULL ? 1_000 : 5_000));
    await load.stop();
    // Clients that connect while the port closes are refused or reset; no handler has begun with their requests.
    const others = load.failures.filter(({ error }) => error !== "ECONNREFUSED" && error !== "ECONNRESET");
    expect(others).toEqual([]);
  },
);

test.each([2, 1])(
  "preDrainDelay, maxThreads %i: draining is reported at once, connections are accepted until the delay ends",
  async (maxThreads) => {
    const app = runBuild({ maxThreads, preDrainDelay: 700 });
    const port = await started(app);
    app.child.kill("SIGTERM");
    await app.hear("draining", { scope: "server" }, maxThreads === 1 ? 1 : 3);
    expect((await get(port)).status).toBe(200);
    expect(app.all("closing")).toEqual([]);
    await app.hear("closing", {}, maxThreads);
    expect(await app.ended).toEqual({ code: 0, signal: null });
  },
);

test("stop() in a worker waits for preDrainDelay, too", async () => {
  const app = runBuild(
    { preDrainDelay: 300 },
    'server.handle({ routePath: "stop", handler: (q, r) => { void server.stop(); r.sendOk(); } });',
  );
  const port = await started(app);
  await get(port, "/stop");
  await app.hear("draining", { scope: "server" }, 3);
  expect((await get(port)).status).toBe(200);
  await app.hear("closing", {}, 2);
});

test("SIGTERM to every process at once, as systemd sends it, restarts no worker", async () => {
  const app = runBuild({ preDrainDelay: 500 });
  await started(app);
  app.child.kill("SIGTERM");
  await app.hear("draining", { scope: "server" }, 3);
  for (const pid of app.living()) process.kill(pid, "SIGTERM");
  expect(await app.ended).toEqual({ code: 0, signal: null });
  expect(app.all("getting ready")).toHaveLength(2);
});

test.each([2, 1])(
  "drainSignal ends answers without an end, maxThreads %i: exit code 0",
  async (maxThreads) => {
    const app = runBuild({ maxThreads, idleGrace: 50 });
    const port = await started(app);
    const stream = await fetch(`http://127.0.0.1:${port}/stream`);
    app.child.kill("SIGTERM");
    expect(await stream.text()).toBe("begun");
    expect(await app.ended).toEqual({ code: 0, signal: null });
  },
);

test.each([2, 1])("tasks of onStop() run after the last answer, maxThreads %i", async (maxThreads) => {
  const app = runBuild({ maxThreads });
  const port = await started(app);
  const slow = get(port, "/slow/400").then(() => app.all("onStop").length);
  await get(port);
  app.child.kill("SIGTERM");
  expect(await slow).toBeLessThan(maxThreads);
  await app.ended;
  expect(app.all("onStop")).toHaveLength(maxThreads);
  expect(app.all("onStop", { role: "primary" })).toEqual([]);
});

test.each([2, 1])(
  "a task of onStop() that hangs is abandoned, maxThreads %i: exit code 1",
  async (maxThreads) => {
    const app = runBuild(
      { maxThreads, drainTimeout: 200, idleGrace: 50 },
      "server.onStop(() => new Promise(() => {}));",
    );
    await started(app);
    app.child.kill("SIGTERM");
    expect(await app.ended).toEqual({ code: 1, signal: null });
    expect(app.errors).toContain("an onStop task did not end in time");
  },
);

test.each([2, 1])(
  "tasks of onStop() run also after the deadline of the drain, maxThreads %i",
  async (maxThreads) => {
    const app = runBuild({ maxThreads, drainTimeout: 300 });
    const port = await started(app);
    const slow = get(port, "/slow/60000").catch((error) => error.code);
    await get(port);
    app.child.kill("SIGTERM");
    expect(await slow).toBe("ECONNRESET");
    expect(await app.ended).toEqual({ code: 1, signal: null });
    expect(app.all("onStop")).toHaveLength(maxThreads);
  },
);

test.skipIf(noNamespace)(
  "as process 1 it stops on SIGTERM, answers the requests in flight, and leaves no process",
  async () => {
    const program = new Program();
    program.write(1);
    const app = program.run({}, NAMESPACE);
    // Inside the namespace it has the process id 1; outside it is the child of unshare.
    const [line] = await app.hear("started", { role: "primary" });
    expect(line?.pid).toBe(1);
    const port = Number(line?.["port"]);
    const slow = get(port, "/slow/400");
    await get(port);
    const { pid } = app.child;
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ");
    process.kill(Number(first), "SIGTERM");
    expect((await slow).status).toBe(200);
    expect(await app.ended).toEqual({ code: 0, signal: null });
    expect(isAlive(Number(first))).toBe(false);
  },
);

function runBuild(
  options: { readonly maxThreads?: number; readonly [option: string]: unknown },
  code = "",
): Running {
  const program = new Program();
  program.write(1, "sound", code);
  return program.run(options);
}

/** Waits until the program serves, with workers or as one process. */
async function started(app: Running): Promise<number> {
  if (app.size > 1) return app.started();
  const [line] = await app.hear("started");
  return Number(line?.["port"]);
}
