import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { expect, test } from "vitest";
import { PacketronDistribution } from "../../src/config/options.ts";
import { type Build, Program } from "./_builds.ts";
import { type EventLine, get, isAlive, type Running } from "./_cluster-child.ts";
import { Load } from "./_load.ts";

const FULL = process.env["PACKETRON_TEST_FULL"] === "1";
/** The number of reloads one after another under load. */
const ROUNDS = FULL ? 20 : 1;

/** Reloads by a command to the primary, and returns the result. */
async function reload(app: Running): Promise<EventLine> {
  const before = app.all("reloaded").length;
  app.command("reload");
  const results = await app.hear("reloaded", {}, before + 1);
  const result = results[before];
  if (result === undefined) throw new Error("no result");
  return result;
}

test.each(Object.values(PacketronDistribution))(
  "%s: reloads under load fail no request, and the new code on disk answers afterwards",
  async (distribution) => {
    const program = new Program();
    program.write(1);
    const app = program.run({ distribution });
    const load = new Load(await app.started());
    // On a busy machine, no request may have an answer before the new code is on disk.
    await app.until(() => load.outcomes.length > 0, "an answer of the old code");
    for (let version = 2; version <= 1 + ROUNDS; version += 1) {
      program.write(version);
      expect(await reload(app)).toMatchObject({ ok: true, generation: version });
      const answered = load.outcomes.length;
      await app.until(() => load.outcomes.length > answered + 50, "answers");
      expect(new Set(load.outcomes.slice(-10).map((outcome) => outcome.version))).toEqual(new Set([version]));
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.versions).toHaveLength(1 + ROUNDS);
    expect(app.living()).toHaveLength(2);
  },
  60_000 + ROUNDS * 15_000,
);

/** A ready timeout that is long enough for a worker to start on a busy machine, in milliseconds. */
const READY = 6_000;

/** A command that gives a program its own terminal, where the system has it. */
const IN_TERMINAL = ["sh", "-c", 'exec script --quiet --flush --return --command "$0 $1" /dev/null'] as const;
const noTerminal =
  process.platform !== "linux" ||
  spawnSync("script", ["--quiet", "--return", "--command", "true", "/dev/null"]).status !== 0;

const broken: readonly (readonly [Build, RegExp])[] = [
  ["throws", /Worker 1 ended before it was ready \(exit code 1\)\. It said: Error: broken build/],
  ["rejects", /It said: Error: no database/],
  ["hangs", /Worker 1 was not ready within 6000 ms/],
  ["blocks", /Worker 1 was not ready within 6000 ms/],
  ["crashes", /Worker 1 ended within 1000 ms of being ready .*It said: Error: broken later/],
  ["exits", /Worker 1 ended within 1000 ms of being ready \(exit code 7\)/],
];

test.each(broken)(
  "a reload to a build that %s fails no request and reports the reason, and the old generation continues",
  async (build, reason) => {
    const program = new Program();
    program.write(1);
    const isLate = build === "hangs" || build === "blocks";
    const app = program.run({ minReadyTime: 1_000, ...(isLate ? { readyTimeout: READY } : {}) });
    const load = new Load(await app.started());
    const before = app.living();
    program.write(2, build);
    const result = await reload(app);
    expect(result).toMatchObject({ ok: false, generation: 1 });
    expect(result["reason"]).toMatch(reason);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.versions).toEqual([1]);
    expect(app.living()).toEqual(before);
    const reports = (): readonly string[] =>
      app.errors.match(/reload failed, generation 1 serves on: /g) ?? [];
    // The test may read stderr after stdout, although the program wrote to stderr first.
    await app.until(() => reports().length > 0, "the report");
    expect(reports()).toHaveLength(1);
  },
  40_000,
);

test("a build that fails later than a second after its start is refused with a longer minReadyTime", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({ minReadyTime: 60_000 });
  const port = await app.started();
  program.write(2, "exits later");
  expect(await reload(app)).toMatchObject({
    ok: false,
    generation: 1,
    reason: "Worker 1 ended within 60000 ms of being ready (exit code 7).",
  });
  expect(await versionOf(port)).toBe(1);
});

test("during a reload the configured number of workers gets connections, and at most one more process runs", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({ idleGrace: 100 });
  const port = await app.started();
  const former = app.living();
  // The successor of the second worker does not get ready before the file is deleted.
  const hold = program.path("hold");
  writeFileSync(hold, "");
  program.write(
    2,
    "sound",
    `import { existsSync } from "node:fs";
    if (server.workerId === 2) server.onReady(async () => {
      while (existsSync(${JSON.stringify(hold)})) await new Promise((resolve) => setTimeout(resolve, 20));
    });`,
  );
  app.command("reload");
  const [first] = await app.hear("draining", { scope: "worker", version: 1 });
  // A worker drains after its successor got ready, and alone.
  expect(app.all("getting ready", { version: 2 })).toHaveLength(1);
  const serving = [
    ...former.filter((pid) => pid !== first?.pid),
    ...app.all("started", { version: 2, role: "worker" }).map(({ pid }) => pid),
  ];
  expect(serving).toHaveLength(2);
  expect(new Set(await pidsOf(port))).toEqual(new Set(serving));
  rmSync(hold);
  await app.hear("reloaded", { ok: true });
  expect(app.all("draining", { scope: "worker" })).toHaveLength(2);
  expect(app.all("onStop", { version: 1 })).toHaveLength(2);
  expect(app.living()).toHaveLength(2);
});

test("a call during a reload queues one more reload, which later calls share", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({ idleGrace: 50 });
  await app.started();
  app.command("reload");
  await app.hear("getting ready", {}, 3);
  program.write(2);
  for (let call = 0; call < 3; call += 1) app.command("reload");
  const results = await app.hear("reloaded", {}, 4);
  expect(results.map(({ ok, generation }) => [ok, generation])).toEqual([
    [true, 2],
    [true, 3],
    [true, 3],
    [true, 3],
  ]);
}, 30_000);

test("a worker that calls reload() is replaced last, and gets the result before it drains", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({ idleGrace: 50 });
  const port = await app.started();
  program.write(2);
  const answer = await fetch(`http://127.0.0.1:${port}/reload`);
  const { pid, ...result } = Object(await answer.json());
  expect(result).toEqual({ ok: true, generation: 2 });
  const drained = await app.hear("draining", { scope: "worker" }, 2);
  expect(drained.map((line) => line.pid).at(-1)).toBe(pid);
});

test("a worker that calls reload() gets the reason when the reload fails", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run();
  const port = await app.started();
  program.write(2, "throws");
  const answer = await fetch(`http://127.0.0.1:${port}/reload`);
  expect(await answer.json()).toMatchObject({
    ok: false,
    generation: 1,
    reason: expect.stringContaining("broken build"),
  });
});

test("SIGHUP reloads when there is no terminal", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({ idleGrace: 50 });
  const port = await app.started();
  program.write(2);
  app.child.kill("SIGHUP");
  await app.until(() => app.errors.includes("generation 2 serves"), "the reload");
  expect(await versionOf(port)).toBe(2);
});

test("SIGHUP to all processes reloads, too: workers ignore it", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({ idleGrace: 50 });
  const port = await app.started();
  program.write(2);
  process.kill(-Number(app.child.pid), "SIGHUP");
  await app.until(() => app.errors.includes("generation 2 serves"), "the reload");
  expect(app.errors).not.toContain("signal SIGHUP");
  expect(await versionOf(port)).toBe(2);
});

test.skipIf(noTerminal)("SIGHUP from a closed terminal ends the program and its workers", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({}, IN_TERMINAL);
  await app.started();
  const [primary] = app.all("started", { role: "primary" });
  const workers = app.living();
  process.kill(Number(primary?.pid), "SIGHUP");
  await app.until(() => ![Number(primary?.pid), ...workers].some(isAlive), "the end of all");
});

test("stop() during a reload stops all processes, and the reload reports that", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run();
  await app.started();
  program.write(2, "hangs");
  app.command("reload");
  await app.until(() => app.errors.includes("reload: generation 2 starts"), "the reload");
  app.child.kill("SIGTERM");
  expect(await app.ended).toEqual({ code: 0, signal: null });
  expect(app.living()).toEqual([]);
});

test("after a failed reload, a worker that dies is restarted repeatedly as long as others serve", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({ restartBackoff: 10, maxRestarts: 3 });
  const port = await app.started();
  program.write(2, "throws");
  expect(await reload(app)).toMatchObject({ ok: false });
  const [victim] = app.living();
  process.kill(Number(victim), "SIGKILL");
  await app.until(() => /is started again in 30000 ms/.test(app.errors), "the last try");
  expect(await versionOf(port)).toBe(1);
  program.write(3);
  expect(await reload(app)).toMatchObject({ ok: true, generation: 3 });
  expect(await versionOf(port)).toBe(3);
});

test("while the program starts, a reload is refused with a line in the log", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({});
  expect(await reload(app)).toMatchObject({ ok: false, reason: "the server is not running" });
  await app.until(() => app.errors.includes("no reload: the server is not running"), "the line in the log");
  await app.started();
});

test("with one process, a reload is refused, and the process continues to serve", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({ maxThreads: 1 });
  const [line] = await app.hear("started");
  expect(await reload(app)).toMatchObject({
    ok: false,
    generation: 1,
    reason: expect.stringContaining("one process"),
  });
  app.child.kill("SIGHUP");
  await app.until(
    () => (app.errors.match(/no reload: one process/g) ?? []).length === 2,
    "the line in the log",
  );
  expect(await versionOf(Number(line?.["port"]))).toBe(1);
});

async function versionOf(port: number): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { Connection: "close" } });
  return Object(await answer.json()).version;
}

/** The processes that answer on connections that are open at the same time. */
async function pidsOf(port: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const answers = await Promise.all(Array.from({ length: 12 }, () => get(port, "/slow/20", agent)));
  agent.destroy();
  return answers.map((answer) => answer.pid);
}
