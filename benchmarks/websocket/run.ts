/**
 * `pnpm bench:websocket`: the memory of 10,000 idle sockets, and the CPU time of echoes and of one message to 1,000
 * sockets, beside plain ws and Bun. Rounds are interleaved; the figures are medians.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { readResidentMemory } from "../measure/memory.ts";
import { readProcessTree, ticksPerSecond } from "../measure/process-stat.ts";
import { echo, fanOut, openAll } from "./clients.ts";

const BUN = join(import.meta.dirname, "..", "peers", "node_modules", ".bin", "bun");
const IDLE = 10_000;
const ROUNDS = 3;
const SECONDS = 3;

/** The contestants, with the command of each. */
const contestants: Readonly<Record<string, readonly string[]>> = {
  "Packetron, one process": [process.execPath, "packetron.js", "1"],
  "Packetron, two workers": [process.execPath, "packetron.js", "2"],
  "ws on node:http": [process.execPath, "ws.js"],
  "Bun.serve": [BUN, "bun.js"],
};

type Measure = (port: number, pid: number) => Promise<number>;

const measures: Readonly<Record<string, Measure>> = {
  "memory of an idle socket, kB": async (port, pid) => {
    const before = readResidentMemory(pid) ?? 0;
    const sockets = await openAll(port, "/echo", IDLE);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const after = readResidentMemory(pid) ?? 0;
    for (const socket of sockets) socket.destroy();
    return (after - before) / IDLE / 1_000;
  },
  "echo of 16 bytes, 64 sockets, µs of CPU": async (port, pid) => {
    const sockets = await openAll(port, "/echo", 64);
    await echo(sockets, 1);
    return cpuOf(pid, () => echo(sockets, SECONDS));
  },
  "1 message to 1,000 sockets, µs of CPU for each": async (port, pid) => {
    const sockets = await openAll(port, "/all", 1_000);
    await fanOut(sockets, 1);
    return cpuOf(pid, () => fanOut(sockets, SECONDS));
  },
};

/** The CPU time of the server's processes for each message, in microseconds. */
async function cpuOf(pid: number, send: () => Promise<number>): Promise<number> {
  const ticks = (): number => readProcessTree(pid).reduce((sum, stat) => sum + stat.ticks, 0);
  const before = ticks();
  const messages = await send();
  return ((ticks() - before) / ticksPerSecond() / messages) * 1e6;
}

async function start(
  command: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    cwd: import.meta.dirname,
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [port] = await once(child.stdout, "data");
  return { child, port: Number(port) };
}

async function measureOnce(command: readonly string[], measure: Measure): Promise<number> {
  const { child, port } = await start(command);
  try {
    return await measure(port, child.pid ?? 0);
  } finally {
    child.kill("SIGKILL"); // workers exit with their primary
    await once(child, "exit");
  }
}

for (const [title, measure] of Object.entries(measures)) {
  process.stdout.write(`\n${title}\n`);
  const results = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, command] of Object.entries(contestants))
      results.set(name, [...(results.get(name) ?? []), await measureOnce(command, measure)]);
  for (const [name, values] of results) {
    const sorted = values.toSorted((one, other) => one - other);
    const [least, median, most] = [sorted[0], sorted[ROUNDS >> 1], sorted.at(-1)].map((value) =>
      value?.toFixed(2),
    );
    process.stdout.write(`  ${name.padEnd(26)}${median}  (${least} – ${most})\n`);
  }
}
process.exit(); // open sockets of the last contestant
