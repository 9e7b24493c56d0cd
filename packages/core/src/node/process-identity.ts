/**
 * Which process that was. A process id alone lies: it is reused, and it means another process in another container. The
 * start time tells reuse, the namespace tells containers that share a directory apart, and the boot id tells what a crash
 * of the machine has left.
 */

import { uptime } from "node:os";
import { errorCode } from "../errors/narrow.ts";
import { fs } from "./modules.ts";

/** A process, told apart from all others that ever ran on the machine; every part is made of letters and digits. */
export interface ProcessIdentity {
  /** The boot of the machine; where the system does not tell, its time to the minute. */
  readonly boot: string;
  /** The namespace of process ids, `"0"` where there is one only. */
  readonly namespace: string;
  readonly pid: number;
  /** Clock ticks since boot; `"0"` where the system does not tell. */
  readonly start: string;
}

/** What is known of a process: of one in another boot or another container only that it is there. */
export type ProcessState = "alive" | "dead" | "other-boot" | "other-namespace" | "unknown";

let own: ProcessIdentity | undefined;

/**
 * The identity of this process; read once.
 *
 * @example
 * const { pid, start } = ownIdentity();
 */
export function ownIdentity(): ProcessIdentity {
  own ??= Object.freeze({
    boot: bootId(),
    namespace: readOr("0", () => /\d+/.exec(fs.readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0"),
    pid: process.pid,
    start: readOr("0", () => readStat(process.pid).start),
  });
  return own;
}

/**
 * What became of a process. A zombie is dead: it holds nothing any more. Where the system has no /proc, a reused id counts
 * as alive.
 *
 * @example
 * if (stateOfProcess(identity) === "dead") removeItsFiles();
 */
export function stateOfProcess({ boot, namespace, pid, start }: ProcessIdentity): ProcessState {
  const self = ownIdentity();
  if (boot !== self.boot) return "other-boot";
  if (namespace !== self.namespace) return "other-namespace";
  if (start === "0") return isRunning(pid) ? "alive" : "dead";
  try {
    const stat = readStat(pid);
    return stat.start === start && stat.state !== "Z" && stat.state !== "X" ? "alive" : "dead";
  } catch (error) {
    // ESRCH: it ended between open and read. Anything else, such as EMFILE, says nothing about the process.
    return ["ENOENT", "ESRCH"].includes(errorCode(error) ?? "") ? "dead" : "unknown";
  }
}

function bootId(): string {
  const clock = (): string => `t${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  return readOr(clock(), () =>
    fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1").replace(/[^a-z0-9]/g, ""),
  );
}

/** State and start time of a process, fields 3 and 22 of proc_pid_stat(5); field 2 may hold spaces and parentheses. */
function readStat(pid: number): { readonly state: string | undefined; readonly start: string } {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], start: fields[19] ?? "0" };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM"; // it is there, and belongs to somebody else
  }
}

function readOr(fallback: string, read: () => string): string {
  try {
    return read();
  } catch {
    return fallback;
  }
}
