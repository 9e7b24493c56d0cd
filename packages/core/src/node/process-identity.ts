/**
 * Identifies the process that wrote a file. A process id alone is ambiguous: the system reuses it, and another container
 * has a process of the same id. The start time detects reuse. The namespace distinguishes containers that share a
 * directory. The boot id detects files from before a crash of the machine.
 */

import { uptime } from "node:os";
import { errorCode } from "../errors/narrow.ts";
import { fs } from "./modules.ts";

/** Identifies a process among all processes that ever ran on the machine. Each part consists of letters and digits. */
export interface ProcessIdentity {
  /** The id of the machine's boot; on systems without boot ids, the time of the boot in minutes. */
  readonly boot: string;
  /**
   * The namespace in which the process id is valid: each container has its own. `"0"` on systems without namespaces.
   */
  readonly namespace: string;
  readonly pid: number;
  /** The start time in clock ticks since the boot; `"0"` on systems without `/proc`. */
  readonly start: string;
}

/**
 * The state of a process. `"other-boot"` and `"other-namespace"`: the process ran before the last boot of the machine,
 * or belongs to another container, so its id has no meaning here. `"unknown"`: the system could not be asked.
 */
export type ProcessState = "alive" | "dead" | "other-boot" | "other-namespace" | "unknown";

let own: ProcessIdentity | undefined;

/**
 * The identity of this process. The first call reads it, further calls return the same object.
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
 * Finds out whether a process is alive. A zombie counts as dead, because it holds no resources. On systems without `/proc`,
 * a process whose id is in use again counts as alive.
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
    // ESRCH: the process exited between open and read. Other errors, such as EMFILE, say nothing about the process.
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
    return errorCode(error) === "EPERM"; // the process is alive and belongs to another user
  }
}

function readOr(fallback: string, read: () => string): string {
  try {
    return read();
  } catch {
    return fallback;
  }
}
