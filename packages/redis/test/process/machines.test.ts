import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";
import { hasRedis, TestRedis } from "../_redis.ts";
import { type Program, startProgram } from "./_program.ts";

const full = process.env["PACKETRON_TEST_FULL"] !== undefined;

/** What a worker has heard of another one. */
interface Count {
  readonly next: number;
  readonly twice: number;
  readonly missing: number;
}

describe.skipIf(!hasRedis)("programs on one Redis", () => {
  let store: TestRedis;
  beforeAll(async () => {
    store = await TestRedis.start();
  });
  afterAll(() => store.remove());

  test("end by themselves after stop(), with code 0", async () => {
    const file = fixtureFile("redis/stopping");
    const args = ["--disable-warning=ExperimentalWarning", file, store.socket];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 });
    expect(stdout).toBe("1\nstopped\n");
  });

  test("open two connections in the primary, and one in a worker at its first call", async () => {
    await store.command("CLIENT KILL TYPE normal");
    const count = async (): Promise<number> =>
      [...(await store.command("CLIENT LIST")).matchAll(/\bid=/g)].length - 1;
    const program = await startProgram(store.socket);
    expect(await count()).toBe(2);
    await program.ask("/local");
    expect(await count()).toBe(3);
  });

  test("keep one limit together, and a frozen Redis delays no request beyond its deadline", {
    timeout: 180_000,
  }, async () => {
    const programs = await Promise.all([startProgram(store.socket), startProgram(store.socket)]);
    // On a busy machine the clients ask less, and some answers of Redis are late: then the limit is not reached.
    for (let round = 1, reached = false; !reached; round++) {
      expect(round, "rounds below the limit").toBeLessThanOrEqual(full ? 1 : 8);
      const { statuses, seconds } = await askAll(programs, full ? 120_000 : 4_000);
      const bound = 50 + 50 * (seconds + 1);
      const passed = statuses.get(200) ?? 0;
      expect([...statuses.keys()].filter((status) => ![200, 429, 503].includes(status))).toEqual([]);
      expect(passed).toBeLessThanOrEqual(bound);
      reached = passed >= 0.55 * bound;
    }

    for (const program of programs) await program.ask("/local");
    store.freeze();
    onTestFinished(() => store.thaw()); // the next test has the same Redis
    for (const program of programs) {
      for (let count = 0; count < 20; count++) {
        const { status, took } = await program.ask("/local");
        expect([200, 429]).toContain(status);
        expect(took).toBeLessThan(50 + 1_500); // the deadline, and a busy machine
      }
    }
    store.thaw();
  });

  test("hear each message once and in order, while a program is killed and connections are closed", {
    timeout: 180_000,
  }, async () => {
    const rounds = full ? 50 : 10;
    const perRound = full ? 70 : 20;
    const workers = full ? 4 : 2;
    const programs = await Promise.all(Array.from({ length: 3 }, () => startProgram(store.socket, workers)));
    const [one, two, killed] = programs;
    if (one === undefined || two === undefined || killed === undefined) throw new Error("no program");
    const heard = new Map<number, ReadonlyMap<number, Count>>();
    for (const program of [one, two])
      program.onLine((line) => {
        const report: { worker: number; heard: [number, Count][] } = JSON.parse(line);
        heard.set(report.worker, new Map(report.heard));
      });
    const sent = new Map<number, number>();
    for (let round = 0; round < rounds; round++) {
      for (const program of [one, two]) {
        const sender = Number((await program.ask(`/publish/${perRound}`)).text);
        sent.set(sender, (sent.get(sender) ?? 0) + perRound);
      }
      if (round < rounds / 2) await killed.ask(`/publish/${perRound}`);
      if (round === rounds / 2) killed.kill();
      if (round % 3 === 1) await store.command("CLIENT KILL TYPE normal");
      await pause(50);
    }
    await vi.waitFor(
      async () => {
        await one.ask("/report");
        expect(heard.size).toBe(2 * workers);
        for (const [sender, count] of sent)
          for (const counts of heard.values())
            expect(counts.get(sender)).toEqual({ next: count, twice: 0, missing: 0 });
      },
      { timeout: 15_000, interval: 200 },
    );
    for (const counts of heard.values())
      for (const { twice, missing } of counts.values()) expect([twice, missing]).toEqual([0, 0]);
  });
});

/** Asks each program again and again, and counts the statuses. */
async function askAll(
  programs: readonly Program[],
  duration: number,
): Promise<{ statuses: ReadonlyMap<number, number>; seconds: number }> {
  const begin = performance.now();
  const statuses = new Map<number, number>();
  const client = async (program: Program): Promise<void> => {
    while (performance.now() - begin < duration) {
      const { status } = await program.ask("/limited");
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(programs.flatMap((program) => Array.from({ length: 4 }, () => client(program))));
  return { statuses, seconds: (performance.now() - begin) / 1_000 };
}
