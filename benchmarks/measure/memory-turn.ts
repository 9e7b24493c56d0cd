/** Measures the memory of a server, without connections and with open ones. */
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { openInBatches } from "../load/open-batches.ts";
import type { MemoryScenario, ScenarioRequest } from "../scenarios/scenario.ts";
import { exchange } from "./exchange.ts";
import { readResidentMemory } from "./memory.ts";
import type { Round } from "./metrics.ts";
import type { RunningServer } from "./server.ts";

const MEGABYTE = 1_000_000;

/** How long to wait after the start, in milliseconds: enough for compilation and a first garbage collection. */
export const SETTLING = 1_000;

/** Starts a server, and reads its memory after one answer, and again after one answer on each open connection. */
export async function measureMemory(
  { requests, connections }: MemoryScenario,
  start: () => Promise<RunningServer>,
): Promise<Round> {
  const server = await start();
  const sockets: Socket[] = [];
  try {
    const [request] = requests;
    if (request === undefined) throw new Error("the scenario has no request");
    await exchange(server.port, request);
    await pause(SETTLING);
    const started = readResidentMemory(server.pid);
    sockets.push(...(await openInBatches(connections, () => openConnection(server.port, request))));
    await pause(SETTLING);
    return figures(started, readResidentMemory(server.pid), connections);
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
}

/** Opens a connection and waits for the first bytes of its answer. */
function openConnection(port: number, { method, path }: ScenarioRequest): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject).once("data", () => resolve(socket.resume()));
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  });
}

function figures(started: number | null, connected: number | null, connections: number): Round {
  if (started === null || connected === null) return { started: null, connected: null, connection: null };
  return {
    started: started / MEGABYTE,
    connected: connected / MEGABYTE,
    connection: (connected - started) / connections / 1000,
  };
}
