/** What Linux accounts for each process: `/proc/<pid>/stat`, `proc_pid_stat(5)`. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The fields that matter here, as the file has them. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of the process itself, threads included, in clock ticks. */
  readonly ticks: number;
  /** The same of its children that have ended and been waited for. */
  readonly childTicks: number;
}

/** Parses the text of `/proc/<pid>/stat`; `null` when it is none. */
export function parseStat(text: string): ProcessStat | null {
  // The second field is the command in brackets and may hold spaces and brackets itself: count from the last one.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]); // the third is the first after the command
  const stat: ProcessStat = {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    ticks: field(14) + field(15),
    childTicks: field(16) + field(17),
  };
  return end > 0 && Object.values(stat).every(Number.isFinite) ? stat : null;
}

/** The process and all that descend from it, in no order. Empty where there is no `/proc`, or no such process. */
export function readProcessTree(root: number): ProcessStat[] {
  const all = readAllStats();
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid)); // grows while it is walked
  return tree;
}

/** How many clock ticks the kernel counts in a second. */
export function ticksPerSecond(): number {
  ticks ??= Number(spawnSync("getconf", ["CLK_TCK"]).stdout?.toString()) || 100;
  return ticks;
}

let ticks: number | undefined;

function readAllStats(): ProcessStat[] {
  const stats: ProcessStat[] = [];
  for (const name of listProcesses()) {
    const stat = readStat(name);
    if (stat !== null) stats.push(stat);
  }
  return stats;
}

function listProcesses(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // not Linux
  }
}

function readStat(pid: string): ProcessStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return null; // it has ended meanwhile
  }
}
