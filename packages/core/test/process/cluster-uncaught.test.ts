import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Program } from "./_builds.ts";
import { get, isAlive, type Running, runApp } from "./_cluster-child.ts";

/** How many workers one client ends. */
const TURNS = process.env["PACKETRON_TEST_FULL"] ? 46 : 12;

const kinds: readonly (readonly [string, string, string])[] = [
  ["an exception in a timer", "/throw", "thrown in a timer"],
  ["an unhandled rejection", "/reject", "rejected without a handler"],
];

test.each(kinds)(
  "%s: the worker finishes its requests, is replaced, and exits with code 1",
  async (_, path, message) => {
    const app = run();
    const port = await app.started();
    const inFlight = Array.from({ length: 8 }, () => get(port, "/slow/1500"));
    const others = await Promise.all(Array.from({ length: 4 }, () => get(port)));
    expect(new Set(others.map(({ pid }) => pid)).size).toBe(2);
    void get(port, path).catch(() => {});
    await app.hear("started", { role: "worker" }, 3);
    const [drained] = await app.hear("draining", { scope: "worker" });
    const later = await Promise.all(Array.from({ length: 8 }, () => get(port)));
    expect(later.map(({ pid }) => pid)).not.toContain(drained?.pid);
    expect((await Promise.all(inFlight)).map(({ status }) => status)).toEqual(Array(8).fill(200));
    await app.until(() => /"worker \d ended after \d+ ms \(exit code 1\)"/.test(app.errors), "its end");
    // The replacement does not wait for the exit of the draining worker.
    expect(app.errors.lastIndexOf(' starts"')).toBeLessThan(app.errors.indexOf(" ended after "));
    await app.logs(new RegExp(`"worker \\d leaves: RangeError: ${message}"`));
    expect(app.all("onStop", { pid: Number(drained?.pid) })).toHaveLength(1);
    expect(app.all("draining")).toHaveLength(1);
  },
);

test.each(["direct", "standard"] as const)(
  "one client that makes each worker throw as soon as it is ready does not end the program, dispatched %s",
  async (dispatch) => {
    const app = run({ dispatch, restartBackoff: 20, maxRestarts: 4 });
    const port = await app.started();
    for (let turn = 0; turn < TURNS; turn++) await get(port, "/throw").catch(() => {});
    expect((await get(port)).status).toBe(200);
    expect(app.child.exitCode).toBeNull();
    expect(app.errors).not.toContain("before they were ready");
    await app.logs(/"worker \d is started again in \d+ ms: it left \d+ ms after it was ready"/);
    app.child.kill("SIGTERM");
    expect(await app.ended).toEqual({ code: 0, signal: null });
  },
  120_000,
);

test("a worker that was ready and throws while others start does not fail the start", async () => {
  const program = new Program();
  const gate = program.path("gate");
  const wait = `import("node:fs").then(async ({ existsSync }) => {
    while (!existsSync(${JSON.stringify(gate)})) await new Promise((resolve) => setTimeout(resolve, 10));
  })`;
  program.write(1, "sound", `server.onReady(() => (server.workerId === 2 ? ${wait} : undefined));`);
  const app = program.run();
  const [line] = await app.hear("started", { role: "worker" });
  expect((await get(Number(line?.["port"]), "/throw")).status).toBe(200);
  await app.hear("started", { role: "worker", worker: 1 }, 2);
  expect(app.all("started", { role: "primary" })).toEqual([]);
  writeFileSync(gate, "");
  const port = await app.started();
  expect((await get(port)).status).toBe(200);
});

test.each([1, 2])(
  "a logger whose pipe was closed does not keep a program with maxThreads: %d from its end",
  async (maxThreads) => {
    const app = runApp({ servers: [{ maxThreads }] });
    await app.hear("started", { role: maxThreads === 1 ? "single" : "primary" });
    app.child.stdout?.destroy();
    // Each log line is an uncaught exception then, and the log line about it is the next one.
    app.child.kill("SIGTERM");
    expect(await app.ended).toEqual({ code: 1, signal: null });
  },
);

test("an error listener whose pipe was closed does not keep a worker from its end", async () => {
  const code = 'server.on("error", (error) => process.stdout.write(String(error)));';
  const app = run({}, `process.stdout.removeAllListeners("error"); ${code}`);
  const port = await app.started();
  app.child.stdout?.destroy();
  const { pid } = await get(port, "/throw");
  await app.until(() => !isAlive(pid), "its end");
});

test("requests in flight after drainTimeout are cut", async () => {
  const app = run({ drainTimeout: 300 });
  const port = await app.started();
  const slow = Array.from({ length: 4 }, () => get(port, "/slow/60000").catch((error) => error.code));
  await Promise.all(Array.from({ length: 4 }, () => get(port)));
  void get(port, "/throw").catch(() => {});
  expect(await Promise.race(slow)).toBe("ECONNRESET");
  await app.hear("started", { role: "worker" }, 3);
  expect((await get(port)).status).toBe(200);
});

test("an uncaughtException listener of the application replaces Packetron's handling", async () => {
  const app = run(
    {},
    'process.on("uncaughtException", (error) => print("caught", { message: error.message }));',
  );
  const port = await app.started();
  const before = app.living();
  void get(port, "/throw").catch(() => {});
  await app.hear("caught", { message: "thrown in a timer" });
  expect((await get(port)).status).toBe(200);
  expect(app.living()).toEqual(before);
});

test("an error listener of the server gets the error", async () => {
  const app = run({}, 'server.on("error", (error) => print("error", { message: error.message }));');
  const port = await app.started();
  void get(port, "/throw").catch(() => {});
  await app.hear("error", { role: "worker", message: "thrown in a timer" });
});

test("a single process finishes its requests, and the exit code is 1", async () => {
  const app = run({ maxThreads: 1 });
  const [line] = await app.hear("started");
  const port = Number(line?.["port"]);
  const slow = get(port, "/slow/400");
  await get(port);
  void get(port, "/throw").catch(() => {});
  expect((await slow).status).toBe(200);
  expect(await app.ended).toEqual({ code: 1, signal: null });
  expect(app.errors).toContain("thrown in a timer");
  expect(app.all("onStop")).toHaveLength(1);
});

test("in the primary it stops the server: requests in flight are answered, and the exit code is 1", async () => {
  const app = run();
  const port = await app.started();
  const slow = get(port, "/slow/400");
  await get(port);
  app.command("throw");
  expect((await slow).status).toBe(200);
  expect(await app.ended).toEqual({ code: 1, signal: null });
  expect(app.errors).toContain("thrown in the primary");
  expect(app.living()).toEqual([]);
});

function run(options: object = {}, code = ""): Running {
  const program = new Program();
  program.write(1, "sound", code);
  return program.run(options);
}
