/** Measures the memory of open streams of events, and the CPU time of an event. */
import { setTimeout as pause } from "node:timers/promises";
import { openEventStreams } from "../load/event-streams.ts";
import type { EventsScenario } from "../scenarios/scenario.ts";
import { readCpuTime } from "./cpu-time.ts";
import { exchange } from "./exchange.ts";
import { readResidentMemory } from "./memory.ts";
import { SETTLING } from "./memory-turn.ts";
import type { Round } from "./metrics.ts";
import type { RunningServer } from "./server.ts";

/** Starts a server, opens the streams, and counts the events that arrive in `duration` seconds. */
export async function measureEvents(
  { requests, stream, connections }: EventsScenario,
  start: () => Promise<RunningServer>,
  duration: number,
): Promise<Round> {
  const server = await start();
  const { pid, port } = server;
  try {
    for (const request of requests) await exchange(port, request);
    await pause(SETTLING);
    const started = readResidentMemory(pid);
    const streams = await openEventStreams(port, stream, connections);
    try {
      await pause(SETTLING);
      const opened = readResidentMemory(pid);
      const [cpuBefore, eventsBefore, begin] = [readCpuTime(pid), streams.events, performance.now()];
      await pause(duration * 1000);
      const [cpuAfter, events] = [readCpuTime(pid), streams.events - eventsBefore];
      return {
        cpu: cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / events,
        throughput: (events * 1000) / (performance.now() - begin),
        connection: started === null || opened === null ? null : (opened - started) / connections / 1000,
      };
    } finally {
      streams.close();
    }
  } finally {
    await server.stop();
  }
}
