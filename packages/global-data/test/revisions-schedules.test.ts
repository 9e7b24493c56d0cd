/**
 * Random schedules: three threads simulate processes, which make one file system call at a time. Random numbers
 * decide which process is next, and which one is killed. The number of a round is the seed, so a failing round can be
 * repeated.
 */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { placesOf } from "../src/directory.ts";
import { createLargeParent, openValues } from "./_folder.ts";
import { Cell, CHANGES, createRandom, Order, OwnerStates, THREADS, ThreadState } from "./_schedule.ts";

const ROUNDS = process.env["PACKETRON_TEST_FULL"] === undefined ? 30 : 3_000;

let workers: Worker[] = [];

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.terminate()));
  workers = [];
});

test.each([
  ["each process knows which others are dead", OwnerStates.CORRECT],
  ["processes take others for dead at random", OwnerStates.RANDOM],
])(
  "in random schedules with kills, where %s, every acknowledged change counts once",
  async (_, ownerStates) => {
    const scheduler = await createScheduler(ownerStates);
    for (let round = 1; round <= ROUNDS; round++) {
      const { count, acknowledged, killed } = scheduler.play(round);
      const what = { round, acknowledged, killed, count };
      expect(count, JSON.stringify(what)).toBeGreaterThanOrEqual(acknowledged);
      expect(count, JSON.stringify(what)).toBeLessThanOrEqual(acknowledged + killed);
      if (killed === 0) expect(acknowledged).toBe(THREADS * CHANGES);
    }
  },
  20_000 + ROUNDS * 100,
);

interface Scheduler {
  play(round: number): { count: number; acknowledged: number; killed: number };
}

async function createScheduler(ownerStates: number): Promise<Scheduler> {
  const parent = createLargeParent();
  const cells = new Int32Array(new SharedArrayBuffer(4 * Cell.size));
  cells[Cell.ownerStates] = ownerStates;
  const threads = Array.from({ length: THREADS }, (_, thread) => thread);
  workers = threads.map((thread) => {
    const workerData = { cells, thread, parent };
    return new Worker(new URL("_fixtures/scheduled-thread.ts", import.meta.url), { workerData });
  });
  const broken = new Promise<never>((_, reject) => {
    for (const worker of workers) worker.once("error", reject);
  });
  // Wait without blocking this thread, because the threads are still loading.
  await Promise.race([broken, Promise.all(workers.map((worker) => once(worker, "message")))]);
  return { play };

  function play(round: number): { count: number; acknowledged: number; killed: number } {
    const random = createRandom(round);
    const folder = join(parent, String(round));
    mkdirSync(folder);
    for (const thread of threads) {
      Atomics.store(cells, Cell.acknowledged(thread), 0);
      Atomics.store(cells, Cell.dead(thread), 0);
      Atomics.store(cells, Cell.state(thread), ThreadState.RUNNING);
    }
    Atomics.store(cells, Cell.round, round);
    Atomics.notify(cells, Cell.round);
    for (const thread of threads) awaitCall(thread);

    let killed = 0;
    // A process that is halted for long is most likely to break a lock, so one process runs alone for some time.
    let favourite = 0;
    for (;;) {
      const running = threads.filter((thread) => stateOf(thread) === ThreadState.ABOUT_TO_CALL);
      if (running.length === 0) break;
      if (random() < 0.15) favourite = Math.floor(random() * THREADS);
      const chance = running[Math.floor(random() * running.length)] ?? 0;
      const next = running.includes(favourite) ? favourite : chance;
      const dies = random() < 0.004;
      if (dies) killed++;
      if (dies) Atomics.store(cells, Cell.dead(next), 1);
      Atomics.store(cells, Cell.state(next), ThreadState.RUNNING);
      Atomics.store(cells, Cell.order(next), dies ? Order.DIE : Order.MAKE_ONE_CALL);
      Atomics.notify(cells, Cell.order(next));
      awaitCall(next);
    }
    const acknowledged = threads.reduce(
      (sum, thread) => sum + Atomics.load(cells, Cell.acknowledged(thread)),
      0,
    );
    const values = openValues(placesOf("test", folder));
    const count = Number(values.get("counter") ?? 0);
    values.close();
    return { count, acknowledged, killed };
  }

  /** Blocks until the thread is about to make its next call, or has ended its round. */
  function awaitCall(thread: number): void {
    const outcome = Atomics.wait(cells, Cell.state(thread), ThreadState.RUNNING, 20_000);
    if (outcome === "timed-out") throw new Error(`thread ${thread} hangs`);
  }

  function stateOf(thread: number): number {
    return Atomics.load(cells, Cell.state(thread));
  }
}
