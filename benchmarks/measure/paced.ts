/** Latency below saturation: a server gets a share of the requests that it can carry, at equal intervals. */
import type { HeldConnections } from "../load/held.ts";
import { readCpuTime } from "./cpu-time.ts";
import type { Round } from "./metrics.ts";

/** The share of the capacity that is sent. */
export const SHARE = 0.7;

/**
 * Sends the share of a capacity for a time, on open connections.
 *
 * @param capacity Requests per second.
 * @param duration Seconds.
 */
export async function measurePaced(
  held: HeldConnections,
  pid: number,
  capacity: number,
  duration: number,
): Promise<Round> {
  const before = readCpuTime(pid);
  const rate = capacity * SHARE;
  const { answers, p50, p99, delay } = await held.run({ duration, rate });
  const after = readCpuTime(pid);
  const cpu = before === null || after === null ? null : (after - before) / answers;
  return { pacedP99: p99, pacedP50: p50, pacedCpu: cpu, pacedRate: rate, pacedDelay: delay };
}
