/** Reads `/proc/<pid>/stat`, the accounting of Linux for each process (`proc_pid_stat(5)`). */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The fields of the file that the benchmarks use. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** The user and system time of the process, threads included, in clock ticks. */
  readonly ticks: number;
  /** The user and system time of its reaped children, in clock ticks. */
  readonly childTicks: number;
}

/** Parses the text of `/proc/<pid>/stat`; `null` when it is malformed. */
export function parseStat(text: string): ProcessStat | null {
  // The second field is the command in brackets. It may contain spaces and brackets, so count from the last bracket.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]); // field 3 is the first after the command
  const stat: ProcessStat = {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    ticks: field(14) + field(15),
    childTicks: field(16) + field(17),
  };
  return end > 0 && Object.values(stat).every(Number.isFinite) ? stat : null;
}

/** The process and its descendants, unsorted. Empty without `/proc`, or when the process does not exist. */
export function readProcessTree(root: number): ProcessStat[] {
  const all = readProcesses();
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid)); // the list grows during the loop
  return tree;
}

/** The number of clock ticks in a second. */
export function ticksPerSecond(): number {
  ticks ??= Number(spawnSync("getconf", ["CLK_TCK"]).stdout?.toString()) || 100;
  return ticks;
}

let ticks: number | undefined;

/** All processes of the system. Empty without `/proc`. */
export function readProcesses(): ProcessStat[] {
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
    return null; // the process has exited in the meantime
  }
}
