import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PacketronServerFlags } from "../../src/config/flags.ts";
import { get, isAlive, Running } from "./_cluster-child.ts";

/** Runs a program that uses the public API, with two workers. */
function runProgram(env: NodeJS.ProcessEnv = {}): Running {
  const program = new Running("_fixtures/cluster-public.ts", env);
  program.size = 2;
  return program;
}

test("a clustered server answers from every worker, replaces a killed one and ends with SIGTERM", async () => {
  const program = runProgram();
  const port = await program.started();
  const answers = await Promise.all(Array.from({ length: 6 }, () => get(port, "/slow/50")));
  expect(new Set(answers.map((answer) => answer.pid))).toEqual(new Set(program.workers()));
  const [victim] = program.living();
  process.kill(Number(victim), "SIGKILL");
  expect((await get(port)).status).toBe(200);
  await program.until(() => program.workers().length === 3 && program.living().length === 2, "a replacement");
  program.child.kill("SIGTERM");
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.workers().filter(isAlive)).toEqual([]);
});

test("SIGTERM under load loses no request, and every answer says Connection: close", async () => {
  const program = runProgram();
  const port = await program.started();
  const agent = new Agent({ keepAlive: true });
  const inFlight = Array.from({ length: 50 }, () => get(port, "/slow/1000", agent));
  await Promise.all(Array.from({ length: 10 }, () => get(port)));
  program.child.kill("SIGTERM");
  const answers = await Promise.all(inFlight);
  agent.destroy();
  expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(200));
  expect(new Set(answers.map((answer) => answer.headers.connection))).toEqual(new Set(["close"]));
  expect(await program.ended).toEqual({ code: 0, signal: null });
});

test("START_IMMEDIATELY with a used port logs the reason once and ends with code 1", async () => {
  const first = runProgram();
  const port = await first.started();
  const second = runProgram({ PORT: `${port}`, FLAGS: `${PacketronServerFlags.START_IMMEDIATELY}` });
  expect(await second.ended).toEqual({ code: 1, signal: null });
  expect(second.errors).toContain(`Port ${port} on 127.0.0.1 is in use`);
});

test("START_IMMEDIATELY with workers that crash at boot logs their error and exits with code 1", async () => {
  const program = runProgram({ CRASH: process.execPath, FLAGS: `${PacketronServerFlags.START_IMMEDIATELY}` });
  expect(await program.ended).toEqual({ code: 1, signal: null });
  expect(program.errors).toContain("broken by the file");
});

test("a replacement whose constructor throws exits alone: the other worker serves until a replacement succeeds", async () => {
  const folder = mkdtempSync(join(tmpdir(), "packetron-break-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "present");
  const program = runProgram({ BREAK: file });
  const port = await program.started();
  writeFileSync(file, "");
  process.kill(Number(program.living()[0]), "SIGKILL");
  await program.until(() => program.errors.includes("not installed in a worker"), "a broken replacement");
  expect((await get(port)).status).toBe(200);
  rmSync(file);
  await program.until(() => program.workers().length === 3, "a sound replacement");
  expect((await get(port)).status).toBe(200);
});

test("STOP_ON_ERROR ends the worker whose handler threw, after its answer, and replaces it", async () => {
  const flags = PacketronServerFlags.START_IMMEDIATELY | PacketronServerFlags.STOP_ON_ERROR;
  const program = runProgram({ FLAGS: `${flags}` });
  const port = await program.started();
  expect((await get(port, "/throw")).status).toBe(500);
  await program.until(() => program.workers().length === 3 && program.living().length === 2, "a replacement");
  expect((await get(port)).status).toBe(200);
});

test.each(["direct", "standard"])(
  "STOP_ON_ERROR does not let one client end the program, dispatched %s",
  async (dispatch) => {
    const program = runProgram({
      FLAGS: `${PacketronServerFlags.START_IMMEDIATELY | PacketronServerFlags.STOP_ON_ERROR}`,
      PACKETRON_DISPATCH: dispatch,
      RESTARTS: "4",
    });
    const port = await program.started();
    for (let turn = 0; turn < (process.env["PACKETRON_TEST_FULL"] ? 46 : 12); turn++)
      await get(port, "/throw").catch(() => {});
    expect((await get(port)).status).toBe(200);
    expect(program.errors).not.toContain("before they were ready");
    program.child.kill("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
  },
  120_000,
);
