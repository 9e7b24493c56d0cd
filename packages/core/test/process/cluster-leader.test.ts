import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ServerOptions } from "../../src/index.ts";
import { isAlive, Running } from "./_cluster-child.ts";

const KILLS = process.env["PACKETRON_TEST_FULL"] === undefined ? 6 : 20;

/** A line of the file in `LEDGER`. */
interface Entry {
  readonly event: string;
  readonly pid: number;
  readonly token: bigint;
}

/** A program with a leader, and the lines that its leaders have written. */
class Led {
  readonly program: Running;
  readonly #ledger: string;

  constructor(options: ServerOptions, env: NodeJS.ProcessEnv = {}) {
    const folder = mkdtempSync(join(tmpdir(), "packetron-leader-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    this.#ledger = join(folder, "ledger");
    writeFileSync(this.#ledger, "");
    const OPTIONS = JSON.stringify(options);
    this.program = new Running("_fixtures/leader-app.ts", { OPTIONS, LEDGER: this.#ledger, ...env });
    this.program.size = options.maxThreads === 1 ? 0 : (options.maxThreads ?? 0);
  }

  entries(event: string): Entry[] {
    const lines = readFileSync(this.#ledger, "utf8").trimEnd().split("\n");
    return lines
      .map((line) => line.split(" "))
      .filter(([word]) => word === event)
      .map(([word = "", pid, token = "0"]) => ({ event: word, pid: Number(pid), token: BigInt(token) }));
  }

  /** The process id of the leader after a number of beginnings. */
  async leader(beginnings: number): Promise<number> {
    await this.program.until(() => this.entries("begin").length >= beginnings, `${beginnings} leaders`);
    return this.entries("begin").at(-1)?.pid ?? 0;
  }
}

test("one worker of four leads through kills and a reload, never two at once", {
  timeout: 90_000,
}, async () => {
  const led = new Led({ maxThreads: 4, maxRestarts: 1_000, restartBackoff: 1, minReadyTime: 50 });
  const { program } = led;
  await program.started();
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const leader = await led.leader(kill);
    // A worker may lead before the test has read that it serves.
    await program.until(() => program.workers().includes(leader), `worker ${leader} to serve`);
    const bystander = program.living().find((pid) => pid !== leader);
    if (kill % 4 === 0 && bystander !== undefined) process.kill(bystander, "SIGKILL");
    process.kill(leader, "SIGKILL");
  }
  const survivor = await led.leader(KILLS + 1);
  await program.until(() => program.living().length === 4, "four workers");
  program.child.kill("SIGHUP");
  await program.until(() => program.errors.includes("generation 2 serves"), "a reload");
  const successor = await led.leader(KILLS + 2);
  expect(isAlive(survivor)).toBe(false);
  expect(program.living()).toContain(successor);
  // The leadership moved once, to a worker that the reload did not replace again.
  expect(led.entries("begin")).toHaveLength(KILLS + 2);
  expect(led.entries("overlap")).toEqual([]);
  const tokens = led.entries("begin").map(({ token }) => token);
  expect(tokens.every((token, index) => token > (tokens[index - 1] ?? 0n))).toBe(true);
  expect(led.entries("second").map((entry) => entry.pid)).toEqual(
    expect.arrayContaining([survivor, successor]),
  );
  program.child.kill("SIGTERM");
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(led.entries("begin")).toHaveLength(KILLS + 2);
  expect(led.entries("end").at(-1)?.pid).toBe(successor);
});

test("a draining leader hands over when its task has ended, while its requests continue", async () => {
  const led = new Led({ maxThreads: 2 });
  await led.program.started();
  const first = await led.leader(1);
  process.kill(first, "SIGTERM");
  const second = await led.leader(2);
  expect(second).not.toBe(first);
  expect(led.entries("end").map((entry) => entry.pid)).toEqual([first]);
  expect(led.entries("overlap")).toEqual([]);
});

test("no worker leads while the task of a draining leader ignores its signal; the next one leads when its process has exited", async () => {
  const led = new Led({ maxThreads: 2, drainTimeout: 300 }, { STUBBORN: "yes" });
  await led.program.started();
  const first = await led.leader(1);
  process.kill(first, "SIGTERM");
  await led.leader(2);
  expect(isAlive(first)).toBe(false);
  expect(led.entries("overlap")).toEqual([]);
  await led.program.logs("an onLeader task did not end within 300 ms of its signal");
});

test("a task that fails is logged and started again, in the same worker", async () => {
  const led = new Led({ maxThreads: 2, restartBackoff: 20 }, { CLUMSY: "yes" });
  await led.program.started();
  expect(led.program.workers()).toContain(await led.leader(1));
  await led.program.logs("an onLeader task failed; it is started again in 20 ms");
  expect(led.program.living()).toHaveLength(2);
});

test("a single process is its own leader, and ends its task before it exits", async () => {
  const led = new Led({ maxThreads: 1 });
  expect(await led.leader(1)).toBe(led.program.child.pid);
  led.program.child.kill("SIGTERM");
  expect(await led.program.ended).toEqual({ code: 0, signal: null });
  expect(led.entries("end")).toHaveLength(1);
});

test("stop() ends the leadership, and no new leader is elected", async () => {
  const led = new Led({ maxThreads: 2 });
  await led.program.started();
  const leader = await led.leader(1);
  led.program.command("stop");
  await led.program.ended;
  expect(led.entries("begin")).toHaveLength(1);
  expect(led.entries("end").map((entry) => entry.pid)).toEqual([leader]);
});
