/** Reads the resident memory of a server from the operating system. */
import { readFileSync } from "node:fs";
import { readProcessTree } from "./process-stat.ts";

/** The resident memory of a process and its descendants, in bytes; `null` where it is not available. */
export function readResidentMemory(pid: number): number | null {
  const tree = readProcessTree(pid);
  if (tree.length === 0) return null;
  return tree.reduce((sum, { pid }) => sum + residentBytes(pid), 0);
}

/** Reads `smaps_rollup`, which is exact. `stat` and `status` are off by some pages for each thread (`proc_pid_status(5)`). */
function residentBytes(pid: number): number {
  try {
    return parseResident(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"));
  } catch {
    return 0; // the process has exited in the meantime
  }
}

/** The value of `Rss:  1234 kB` in `/proc/<pid>/smaps_rollup`, in bytes. */
export function parseResident(text: string): number {
  return Number(/^Rss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}
