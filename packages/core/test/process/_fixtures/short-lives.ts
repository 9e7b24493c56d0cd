/** Prints by how many bytes the heap grows for each connection that the sweep of idle connections has watched. */
import { Socket } from "node:net";
import { IdleSweep } from "../../../src/direct/idle.ts";

const ROUNDS = 40;
const PER_ROUND = 2_000;

/** How many connections are open at a time. */
const OPEN = 32;

/** In these rounds, tables get their size and the code is compiled. */
const FIRST = 5;

/** Makes V8 collect young objects some times while the connections are idle. */
function makeGarbage(): number {
  let length = 0;
  for (let count = 0; count < 40_000; count++) length += [count, count, count, count].concat(count).length;
  return length;
}

const sweep = new IdleSweep(1_000);
const closeOldest: (() => void)[] = [];
let first = 0;
let peak = 0;
for (let round = 0; round < ROUNDS; round++) {
  for (let count = 0; count < PER_ROUND; count++) {
    const connection = { socket: new Socket(), isIdle: true, memory: new Array(1_000).fill(count) };
    const watch = sweep.watch(connection);
    closeOldest.push(() => watch !== null && sweep.remove(watch));
    if (closeOldest.length > OPEN) closeOldest.shift()?.();
  }
  makeGarbage();
  const { heapUsed } = process.memoryUsage();
  if (round === FIRST) first = heapUsed;
  peak = Math.max(peak, heapUsed);
}
process.stdout.write(
  `${JSON.stringify({ event: "grown", bytes: (peak - first) / (PER_ROUND * (ROUNDS - FIRST)) })}\n`,
);
process.exit();
