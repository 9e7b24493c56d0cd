/** The CPU time of a server: of all its processes, user and system, from the operating system's accounting. */
import { readProcessTree, ticksPerSecond } from "./process-stat.ts";

/** The figure says what a machine can carry; only Linux tells it of other processes without a native add-on. */
export const CPU_TIME_AVAILABLE: boolean = process.platform === "linux";

/**
 * Microseconds of CPU that the process and its descendants have used so far, those that have ended included. `null` where
 * the operating system does not say. The kernel counts in ticks, mostly of 10 ms: a difference is good to about 20 ms.
 */
export function readCpuTime(pid: number): number | null {
  if (!CPU_TIME_AVAILABLE) return null;
  const tree = readProcessTree(pid);
  if (tree.length === 0) return null;
  const ticks = tree.reduce((sum, stat) => sum + stat.ticks + stat.childTicks, 0);
  return (ticks * 1e6) / ticksPerSecond();
}
