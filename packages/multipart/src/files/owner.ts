/**
 * Who writes below `partial/`: a process, told apart from all others by boot, process id and start time, because a
 * process id alone is used again, and means another process in another container.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { uptime } from "node:os";
import { codeOf } from "../errors.ts";

/** The identity of a process. */
export interface Owner {
  /** Which boot of which machine, and which namespace of process ids in it; letters and digits. */
  readonly boot: string;
  readonly pid: number;
  /** When it started: clock ticks since boot on Linux, else seconds since 1970. */
  readonly start: number;
}

/** What became of an owner; of one in another boot or container nothing can be known. */
export type OwnerState = "alive" | "dead" | "unknown";

/** The owner that this process is. */
export const self: Owner = Object.freeze({
  boot: bootOf(),
  pid: process.pid,
  start: startOf(process.pid) ?? Math.round(Date.now() / 1000 - process.uptime()),
});

/** The name of an owner's directory: `<boot>-<pid>-<start>`. */
export function ownerName({ boot, pid, start }: Owner): string {
  return `${boot}-${pid}-${start}`;
}

/** The owner of a directory, `null` when the name is not one of ours. */
export function parseOwner(name: string): Owner | null {
  const [, boot, pid, start] = /^([a-z0-9]+)-(\d{1,10})-(\d{1,16})$/.exec(name) ?? [];
  return boot === undefined ? null : { boot, pid: Number(pid), start: Number(start) };
}

/** Whether an owner still runs. */
export function stateOf(owner: Owner): OwnerState {
  if (owner.boot !== self.boot) return "unknown";
  const start = startOf(owner.pid);
  if (start !== undefined) return start === owner.start ? "alive" : "dead";
  return isRunning(owner.pid) ? "alive" : "dead";
}

function bootOf(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").replace(/[^a-z0-9]/g, "");
    const namespace = readlinkSync("/proc/self/ns/pid").replace(/\D/g, "");
    return `${boot}n${namespace}`;
  } catch {
    // Without /proc: when the machine booted, to a minute, because the clock is set now and then.
    return `b${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}

/** proc(5): the 22nd field of stat; the second is the program's name, which can have spaces and parentheses. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM"; // it is there, and belongs to somebody else
  }
}
