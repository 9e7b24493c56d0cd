/** The resident memory of a server, from the operating system. */
import { readFileSync } from "node:fs";
import { readProcessTree } from "./process-stat.ts";

/** Bytes that the process and its descendants hold in memory; `null` where the operating system does not say. */
export function readResidentMemory(pid: number): number | null {
  const tree = readProcessTree(pid);
  if (tree.length === 0) return null;
  return tree.reduce((sum, { pid }) => sum + residentBytes(pid), 0);
}

/** Counted now; the counters of `stat` and `status` lag behind by some pages for each thread, `proc_pid_status(5)`. */
function residentBytes(pid: number): number {
  try {
    return parseResident(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"));
  } catch {
    return 0; // it has ended meanwhile
  }
}

/** `Rss:  1234 kB` of `/proc/<pid>/smaps_rollup`, in bytes. */
export function parseResident(text: string): number {
  return Number(/^Rss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}
