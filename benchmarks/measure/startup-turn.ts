/** Measures the time from the start of a process to its first answer. */
import type { StartupScenario } from "../scenarios/scenario.ts";
import { readCpuTime } from "./cpu-time.ts";
import { exchange } from "./exchange.ts";
import type { Round } from "./metrics.ts";
import type { RunningServer } from "./server.ts";

/** Starts a server, sends it one request, and stops it. */
export async function measureStartup(
  { requests }: StartupScenario,
  start: () => Promise<RunningServer>,
): Promise<Round> {
  const begin = performance.now();
  const server = await start();
  try {
    for (const request of requests) await exchange(server.port, request);
    const time = performance.now() - begin;
    const cpu = readCpuTime(server.pid);
    return { time, cpu: cpu === null ? null : cpu / 1000 };
  } finally {
    await server.stop();
  }
}
