/** Finds programs that use the CPU beside a measurement: they take it from the servers at other times for each. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type ProcessStat, readProcesses, readProcessTree, ticksPerSecond } from "./process-stat.ts";

/** A process that is busy. */
export interface BusyProcess {
  readonly pid: number;
  readonly name: string;
  /** The part of one core that it uses: 1 is all of it. */
  readonly share: number;
}

/** The share below which a process does no harm. */
const HARMLESS = 0.15;

/** How long processes are observed, in milliseconds. */
const PERIOD = 2_000;

/** The busy processes that are not this one or its children; the busiest first. Empty where the system does not report them. */
export async function findOtherLoad(): Promise<readonly BusyProcess[]> {
  const before = readProcesses();
  await pause(PERIOD);
  const own = new Set(readProcessTree(process.pid).map(({ pid }) => pid));
  return busyProcesses(before, readProcesses(), PERIOD / 1000)
    .filter(({ pid }) => !own.has(pid))
    .map((busy) => ({ ...busy, name: nameOf(busy.pid) }));
}

/** The processes that have used more than is harmless between two readings; the busiest first. */
export function busyProcesses(
  before: readonly ProcessStat[],
  after: readonly ProcessStat[],
  seconds: number,
): readonly Omit<BusyProcess, "name">[] {
  const earlier = new Map(before.map(({ pid, ticks }) => [pid, ticks]));
  return after
    .map(({ pid, ticks }) => ({
      pid,
      share: (ticks - (earlier.get(pid) ?? ticks)) / ticksPerSecond() / seconds,
    }))
    .filter(({ share }) => share > HARMLESS)
    .sort((one, other) => other.share - one.share);
}

function nameOf(pid: number): string {
  try {
    const [program = "", argument = ""] = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
    return `${basename(program)} ${argument}`.trim();
  } catch {
    return "exited since";
  }
}
