/** Where and when a figure was measured. */
import { execFileSync, type StdioOptions } from "node:child_process";
import { arch, cpus, platform, release } from "node:os";
import type { LoadGenerator } from "../load/load.ts";
import type { Cores } from "../measure/cores.ts";
import { CPU_TIME_AVAILABLE } from "../measure/cpu-time.ts";
import type { BenchOptions } from "./options.ts";

/** What the results say about the machine and the run. */
export interface Environment {
  /** ISO 8601. */
  readonly date: string;
  /** Of Packetron: the commit, with a plus sign when files have been changed since. */
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly load: string;
  /** Where server and load ran. */
  readonly placement: string;
  /** Whether the operating system told the CPU time of the servers. */
  readonly cpuTime: boolean;
  readonly rounds: number;
  /** Seconds. */
  readonly duration: number;
  /** Not to be believed: few and short rounds. */
  readonly quick: boolean;
}

/** Describes this machine and this run. */
export function describeEnvironment(
  { rounds, duration, quick }: BenchOptions,
  load: LoadGenerator,
  cores: Cores,
): Environment {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    system: `${platform()} ${release()} ${arch()}`,
    load: load.name,
    placement:
      cores.server === null
        ? "server and load share the cores: the load takes part of what is measured"
        : `server on core ${cores.server}, load on core ${cores.load}`,
    cpuTime: CPU_TIME_AVAILABLE,
    rounds,
    duration,
    quick,
  };
}

function commit(): string {
  try {
    return (
      git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", ":/packages") === "" ? "" : "+")
    );
  } catch {
    return "unknown"; // an unpacked archive
  }
}

function git(...args: readonly string[]): string {
  const stdio: StdioOptions = ["ignore", "pipe", "ignore"];
  return execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8", stdio }).trim();
}
