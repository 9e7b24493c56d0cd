/** Reads the CPU time of a server, user and system, of all its processes from the operating system. */
import { readProcessTree, ticksPerSecond } from "./process-stat.ts";

/** Whether CPU time is available. Only Linux reports that of other processes without a native add-on. */
export const CPU_TIME_AVAILABLE: boolean = process.platform === "linux";

/**
 * The CPU time of the process and its descendants so far in microseconds, including descendants that have exited. `null`
 * where it is not available. The kernel counts in ticks of mostly 10 ms, so a difference is accurate to about 20 ms.
 */
export function readCpuTime(pid: number): number | null {
  if (!CPU_TIME_AVAILABLE) return null;
  const tree = readProcessTree(pid);
  if (tree.length === 0) return null;
  const ticks = tree.reduce((sum, stat) => sum + stat.ticks + stat.childTicks, 0);
  return (ticks * 1e6) / ticksPerSecond();
}
