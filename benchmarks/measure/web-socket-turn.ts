/** Measures WebSockets: the memory of idle ones, and the CPU time of messages. */
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { echoClosed, echoPaced, fanOut, openWebSockets, proveMessage } from "../load/web-sockets.ts";
import type { WebSocketScenario } from "../scenarios/scenario.ts";
import { readCpuTime } from "./cpu-time.ts";
import type { TurnPlan } from "./held-turn.ts";
import { readResidentMemory } from "./memory.ts";
import { SETTLING } from "./memory-turn.ts";
import type { Round } from "./metrics.ts";
import { SHARE } from "./paced.ts";
import type { RunningServer } from "./server.ts";
import { settle } from "./settle.ts";
import { percentileOf } from "./statistics.ts";

/** The path on which a message comes back, and the path on which it goes to all sockets. */
const [ECHO, ALL] = ["/echo", "/all"];

/** How long messages are sent before they count, in seconds. */
const WARM_UP = 1;

/** How long the last messages of a load may be on their way, in milliseconds. */
const IN_FLIGHT = 100;

/** Starts a server, and measures idle sockets, echoes, and one message to many sockets, in this order. */
export async function measureWebSockets(
  { idle, echoing, listening }: WebSocketScenario,
  start: () => Promise<RunningServer>,
  plan: Omit<TurnPlan, "core">,
): Promise<Round> {
  const server = await start();
  try {
    const memory = await withSockets(server, ECHO, idle, async (_sockets, before) => {
      await pause(SETTLING);
      const after = readResidentMemory(server.pid);
      return { connection: before === null || after === null ? null : (after - before) / idle / 1000 };
    });
    const echo = await withSockets(server, ECHO, echoing, (sockets) => measureEcho(server, sockets, plan));
    const toAll = await withSockets(server, ALL, listening, async (sockets) => {
      await fanOut(sockets, WARM_UP);
      await pause(IN_FLIGHT);
      const { cpu } = await measure(server.pid, () => fanOut(sockets, plan.duration));
      return { fanOut: cpu };
    });
    return { ...echo, ...toAll, ...memory };
  } finally {
    await server.stop();
  }
}

async function measureEcho(
  { pid }: RunningServer,
  sockets: readonly Socket[],
  { duration, pacedDuration }: Omit<TurnPlan, "core">,
): Promise<Round> {
  const [first] = sockets;
  if (first !== undefined) await proveMessage(first);
  await echoClosed(sockets, WARM_UP);
  await pause(IN_FLIGHT);
  const { cpu, messages } = await measure(pid, () => echoClosed(sockets, duration));
  const throughput = messages / duration;
  await pause(IN_FLIGHT);
  if (pacedDuration === 0) return { cpu, throughput };
  return {
    cpu,
    throughput,
    pacedP99: percentileOf(await echoPaced(sockets, pacedDuration, throughput * SHARE), 99),
  };
}

/** The CPU time of the server for each message, in microseconds, and the number of messages. */
async function measure(
  pid: number,
  send: () => Promise<number>,
): Promise<{ readonly cpu: number | null; readonly messages: number }> {
  const before = readCpuTime(pid);
  const messages = await send();
  const after = readCpuTime(pid);
  return { cpu: before === null || after === null ? null : (after - before) / messages, messages };
}

/** Opens sockets for a measurement, which also gets the memory before them, and closes them after it. */
async function withSockets(
  { pid, port }: RunningServer,
  path: string,
  count: number,
  use: (sockets: readonly Socket[], memoryBefore: number | null) => Promise<Round>,
): Promise<Round> {
  const before = readResidentMemory(pid);
  const sockets = await openWebSockets(port, path, count);
  try {
    return await use(sockets, before);
  } finally {
    for (const socket of sockets) socket.destroy();
    await settle(pid);
  }
}
