/** The environment in which figures were measured. */
import { execFileSync, type StdioOptions } from "node:child_process";
import { arch, cpus, platform, release } from "node:os";
import type { LoadGenerator } from "../load/load.ts";
import type { Cores } from "../measure/cores.ts";
import { CPU_TIME_AVAILABLE } from "../measure/cpu-time.ts";
import type { BenchOptions } from "./options.ts";

/** The description of the machine and the run in the results. */
export interface Environment {
  /** The date in ISO 8601. */
  readonly date: string;
  /** The commit of Packetron, with a plus sign when packages or benchmarks have changed since. */
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly load: string;
  /** The cores of the server and the load generator, in words. */
  readonly placement: string;
  /** Whether the operating system reports the CPU time of the servers. */
  readonly cpuTime: boolean;
  readonly rounds: number;
  /** The duration of the load in a round, in seconds. */
  readonly duration: number;
  /** Whether the run was a quick trial with few short rounds, whose figures are not reliable. */
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
    commit: currentCommit(),
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

/** The commit of the working tree, with a plus sign when packages or benchmarks have changed since; else `"unknown"`. */
export function currentCommit(): string {
  try {
    const measured = [":/packages", ":/benchmarks", ":!/benchmarks/results", ":!/benchmarks/README.md"];
    const isClean = git("status", "--porcelain", "--", ...measured) === "";
    return git("rev-parse", "--short", "HEAD") + (isClean ? "" : "+");
  } catch {
    return "unknown"; // an unpacked archive
  }
}

function git(...args: readonly string[]): string {
  const stdio: StdioOptions = ["ignore", "pipe", "ignore"];
  return execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8", stdio }).trim();
}
