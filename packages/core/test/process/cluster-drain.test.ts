import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Program } from "./_builds.ts";
import { get, isAlive, type Running } from "./_cluster-child.ts";
import { Load } from "./_load.ts";

const FULL = process.env["PACKETRON_TEST_FULL"] === "1";
/** How long the requests take that are in flight when SIGTERM comes, in milliseconds. */
const SLOW = FULL ? 2_000 : 600;

/** A process namespace of its own, in which node is the first process; not everybody may have one. */
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
    const told = performance.now();
    app.child.kill("SIGTERM");
    await slow.ended;
    expect(slow.failures).toEqual([]);
    expect(await app.ended).toEqual({ code: 0, signal: null });
    const took = Math.round(performance.now() - told);
    if (FULL)
      process.stderr.write(`requests of ${SLOW} ms, ${maxThreads} processes: ended after ${took} ms\n`);
    expect(took).toBeLessThan(SLOW + (FULL ? 1_000 : 5_000));
    await load.stop();
    // Who connects when the port is being closed is refused or reset, and has sent nothing that anybody had begun.
    const others = load.failures.filter(({ error }) => error !== "ECONNREFUSED" && error !== "ECONNRESET");
    expect(others).toEqual([]);
  },
);

test.each([2, 1])(
  "preDrainDelay, maxThreads %i: draining is told at once, connections are accepted until it is over",
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

test("SIGTERM to every process at once, as systemd sends it, starts no worker anew", async () => {
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
  const slow = get(port, "/slow/400").then(() => app.all("wrapped up").length);
  await get(port);
  app.child.kill("SIGTERM");
  expect(await slow).toBeLessThan(maxThreads);
  await app.ended;
  expect(app.all("wrapped up")).toHaveLength(maxThreads);
  expect(app.all("wrapped up", { role: "primary" })).toEqual([]);
});

test.each([2, 1])(
  "a task of onStop() that hangs is left behind, maxThreads %i: exit code 1",
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
  "after the deadline tasks of onStop() run all the same, maxThreads %i",
  async (maxThreads) => {
    const app = runBuild({ maxThreads, drainTimeout: 300 });
    const port = await started(app);
    const slow = get(port, "/slow/60000").catch((error) => error.code);
    await get(port);
    app.child.kill("SIGTERM");
    expect(await slow).toBe("ECONNRESET");
    expect(await app.ended).toEqual({ code: 1, signal: null });
    expect(app.all("wrapped up")).toHaveLength(maxThreads);
  },
);

test.skipIf(noNamespace)(
  "as process 1 it stops on SIGTERM, with in-flight requests answered and nobody left",
  async () => {
    const program = new Program();
    program.write(1);
    const app = program.run({}, NAMESPACE);
    // Inside it has the number 1; outside it is the child of unshare.
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

/** Waits until it serves, with workers or alone. */
async function started(app: Running): Promise<number> {
  if (app.size > 1) return app.started();
  const [line] = await app.hear("started");
  return Number(line?.["port"]);
}
