/**
 * Who holds a lock, in words that outlive the process: `<pid>.<start>.<pid namespace>.<boot>.<token>`.
 *
 * A process id alone lies: it is reused, and it means another process in another container. The start time tells reuse,
 * the namespace tells containers that share a temporary directory apart, the boot id tells what a crash of the machine has
 * left. The token is new for each turn. The numbers but the first are to the base 36, and of the boot id there are eight
 * digits: a link of fewer than 60 characters costs ext4 no block of its own.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { errorCode } from "./file-system.ts";
import { TOKEN_DIGITS } from "./format.ts";

/** What can be said about the owner of a record. `"unknown"`: it is of another container. */
export type OwnerState = "alive" | "dead" | "unknown";

/** Makes and judges records; tests have their own. */
export interface Owners {
  /** A new record of this process. */
  create(): string;
  /** Looks at the process that a record names. */
  judge(record: string): OwnerState;
}

interface OwnerRecord {
  readonly pid: number;
  readonly start: string;
  readonly namespace: string;
  readonly boot: string;
}

const RECORD = /^(\d+)\.([\da-z]+)\.([\da-z]+)\.([\da-f]+)\.([\da-f]{24})$/;

/** The token of a record; `undefined` for what is no record. */
export function tokenOf(record: string): string | undefined {
  return RECORD.exec(record)?.[5];
}

/** The process id in a record, for messages. */
export function pidOf(record: string): string {
  return RECORD.exec(record)?.[1] ?? "unknown";
}

/** The owners of this machine. */
export function systemOwners(): Owners {
  let self: OwnerRecord | null = null;
  return {
    create() {
      const { pid, start, namespace, boot } = (self ??= describeSelf());
      return [pid, start, namespace, boot, randomBytes(TOKEN_DIGITS / 2).toString("hex")].join(".");
    },
    judge(record) {
      const [, pid = "", start, namespace, boot] = RECORD.exec(record) ?? [];
      if (pid === "") return "dead";
      const { namespace: ownNamespace, boot: ownBoot } = (self ??= describeSelf());
      if (boot !== ownBoot) return "dead";
      if (namespace !== ownNamespace) return "unknown";
      return judgeProcess(Number(pid), start);
    },
  };
}

function describeSelf(): OwnerRecord {
  const namespace = /\d+/.exec(orZero(() => readlinkSync("/proc/self/ns/pid")))?.[0];
  const boot = orZero(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  return {
    pid: process.pid,
    start: orZero(() => readStat(process.pid).start),
    namespace: toBase36(namespace),
    boot: boot.slice(0, 8),
  };
}

/** Whether the process runs and is the one that started then; a zombie holds nothing any more. */
function judgeProcess(pid: number, start: string | undefined): OwnerState {
  if (start === "0") return judgeWithoutProc(pid);
  try {
    const stat = readStat(pid);
    return stat.start === start && stat.state !== "Z" && stat.state !== "X" ? "alive" : "dead";
  } catch (error) {
    // ESRCH: it ended between open and read. Anything else, such as EMFILE, says nothing about the process.
    return ["ENOENT", "ESRCH"].includes(errorCode(error) ?? "") ? "dead" : "unknown";
  }
}

/** On systems without /proc a reused id counts as alive: the others' wait then ends with an error. */
function judgeWithoutProc(pid: number): OwnerState {
  try {
    process.kill(pid, 0);
    return "alive";
  } catch (error) {
    return errorCode(error) === "ESRCH" ? "dead" : "alive";
  }
}

/** State and start time of a process, fields 3 and 22 of proc_pid_stat(5); field 2 may hold spaces and parentheses. */
function readStat(pid: number): { readonly state: string | undefined; readonly start: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], start: toBase36(fields[19]) };
}

function toBase36(digits = "0"): string {
  return BigInt(digits).toString(36);
}

function orZero(read: () => string): string {
  try {
    return read();
  } catch {
    return "0";
  }
}
