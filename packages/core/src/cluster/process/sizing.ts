/** Chooses the number of workers: what the user asks for, else what the machine or its container allows. */
import { availableParallelism, totalmem } from "node:os";
import { type Environment, MAX_WORKERS, readVariable } from "../../config/environment.ts";
import { isDeveloping } from "../../config/process-role.ts";
import { type CgroupLimits, readCgroupLimits } from "../../node/cgroup.ts";

/** A number of workers, and the reason for the log. The reason is `undefined` when code has set the number. */
export interface Sizing {
  readonly count: number;
  readonly reason: string | undefined;
}

/** What limits the number of workers on a machine. */
export interface Machine {
  /** CPUs that this process may run on. */
  readonly parallelism: number;
  /** Memory of the machine, in bytes. */
  readonly totalMemory: number;
  readonly cgroup: CgroupLimits;
}

const MIB = 1024 * 1024;

/**
 * Memory that each worker is counted with, in bytes: a Node process with a small application needs about this much. So
 * idle workers do not fill a small container.
 */
export const MEMORY_PER_WORKER: number = 128 * MIB;

/**
 * Chooses the number of workers: 1 under `packetron dev`, else `maxThreads`, else `PACKETRON_THREADS`, else as many as
 * the machine allows.
 *
 * @throws PKT_OPTION_INVALID when `PACKETRON_THREADS` is read and is not an integer from 1 to 1024.
 */
export function resolveThreads(
  maxThreads: number | undefined,
  environment?: Environment,
  measure: () => Machine = thisMachine,
): Sizing {
  if (isDeveloping()) return { count: 1, reason: undefined };
  if (maxThreads !== undefined) return { count: maxThreads, reason: undefined };
  const count = readVariable("PACKETRON_THREADS", environment);
  if (count === undefined) return sizeForMachine(measure());
  return { count, reason: `${workers(count)}: set by PACKETRON_THREADS` };
}

/**
 * The smallest of three limits, from 1 to {@link MAX_WORKERS}: CPU affinity, CPU quota, and memory. The quota is
 * rounded up, because a quota of 0.5 still needs a worker.
 */
export function sizeForMachine(machine: Machine): Sizing {
  const memory = Math.min(machine.totalMemory, machine.cgroup.memory ?? Number.POSITIVE_INFINITY);
  const limits = [
    { count: machine.parallelism, why: `${machine.parallelism} usable CPUs` },
    { count: Math.floor(memory / MEMORY_PER_WORKER), why: `${Math.floor(memory / MIB)} MiB of memory` },
  ];
  const { cpus } = machine.cgroup;
  if (cpus !== undefined)
    limits.push({ count: Math.ceil(cpus), why: `a CPU quota of ${Number(cpus.toFixed(2))}` });
  const count = Math.min(MAX_WORKERS, Math.max(1, Math.min(...limits.map((limit) => limit.count))));
  return { count, reason: `${workers(count)}: ${limits.map((limit) => limit.why).join(", ")}` };
}

function thisMachine(): Machine {
  return { parallelism: availableParallelism(), totalMemory: totalmem(), cgroup: readCgroupLimits() };
}

function workers(count: number): string {
  return count === 1 ? "one process" : `${count} workers`;
}
