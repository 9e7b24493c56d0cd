/** Waits until a server has done the work that a load has left. */
import { setTimeout as pause } from "node:timers/promises";
import { readCpuTime } from "./cpu-time.ts";

/** The time between two looks, in milliseconds. */
const INTERVAL = 250;

/** The CPU time of a server at rest between two looks, in microseconds: the kernel counts in ticks of 10 ms. */
const AT_REST = 10_000;

/** The number of looks before the server is taken as it is. */
const PATIENCE = 40;

/** Resolves when the server is at rest, at the latest after 10 s. Without CPU times, after one interval. */
export async function settle(pid: number): Promise<void> {
  let before = readCpuTime(pid);
  for (let look = 0; look < PATIENCE; look++) {
    await pause(INTERVAL);
    const now = readCpuTime(pid);
    if (before === null || now === null || now - before <= AT_REST) return;
    before = now;
  }
}
