/** A thread that simulates a process: it makes each file system call only when the scheduler orders it. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { placesOf } from "../../src/directory.ts";
import { pidOf } from "../../src/owner.ts";
import { FileStore } from "../../src/store.ts";
import { GlobalValues } from "../../src/values.ts";
import { hookedFileSystem } from "../_processes.ts";
import { Cell, CHANGES, createRandom, Order, OwnerStates, ThreadState } from "../_schedule.ts";

const { cells, thread, parent }: { cells: Int32Array; thread: number; parent: string } = workerData;

parentPort?.postMessage("loaded");

for (let round = 1; ; round++) {
  setState(ThreadState.BETWEEN_ROUNDS);
  Atomics.wait(cells, Cell.round, round - 1);
  playRound(Atomics.load(cells, Cell.round));
}

function playRound(round: number): void {
  const random = createRandom(round * 7 + thread);
  let dead = false;
  const fs = hookedFileSystem(() => {
    if (!dead) {
      setState(ThreadState.ABOUT_TO_CALL);
      Atomics.wait(cells, Cell.order(thread), Order.HALT);
      dead = Atomics.exchange(cells, Cell.order(thread), Order.HALT) === Order.DIE;
    }
    if (dead) throw new Error("killed");
  });
  const values = new GlobalValues(
    new FileStore({
      places: () => placesOf("test", join(parent, String(round))),
      fs,
      owners: {
        create: () => `${thread}.1.1.1.${randomBytes(12).toString("hex")}`,
        stateOf(record) {
          if (Atomics.load(cells, Cell.ownerStates) === OwnerStates.RANDOM)
            return random() < 0.5 ? "dead" : "alive";
          return Atomics.load(cells, Cell.dead(Number(pidOf(record)))) === 1 ? "dead" : "alive";
        },
      },
      delays: { checkInterval: 0, unknownOwner: 0, maxSleep: 0 },
    }),
  );
  try {
    for (let change = 0; change < CHANGES; change++) {
      values.update("counter", (count) => Number(count ?? 0) + 1, { durable: false, lockTimeout: 60_000 });
      Atomics.add(cells, Cell.acknowledged(thread), 1);
    }
  } catch (error) {
    if (!dead) throw error;
  }
  dead = true; // closing is not part of the schedule
  values.close();
}

function setState(state: number): void {
  Atomics.store(cells, Cell.state(thread), state);
  Atomics.notify(cells, Cell.state(thread));
}
