/**
 * Records, which identify the owner of a lock: `<pid>.<start>.<pid namespace>.<boot>.<token>`.
 *
 * A process id alone is ambiguous: the system reuses it, and in another container it is another process. The start
 * time reveals reuse. The namespace distinguishes containers that share a temporary directory. The boot id reveals
 * locks from before a crash of the machine. The token is new for each revision.
 *
 * All numbers but the process id are in base 36, and the boot id has eight digits. So a record has fewer than 60
 * characters, and ext4 stores a link to it without a block of its own.
 */
import type { ProcessState } from "@packetron/core";
import { ownIdentity, stateOfProcess } from "@packetron/core/capability";
import { TOKEN_DIGITS } from "./format.ts";
import { loadCrypto } from "./node-modules.ts";

/** The state of the process that holds a lock. `"unknown"` for a process in another container, which is not visible. */
export type OwnerState = "alive" | "dead" | "unknown";

/** Creates records (texts that identify the process that owns a lock), and checks whether these processes are alive. */
export interface Owners {
  /** Creates a new record of this process. */
  create(): string;
  /** Returns the state of the process that a record names. */
  stateOf(record: string): OwnerState;
}

const RECORD = /^(\d+)\.([\da-z]+)\.([\da-z]+)\.([\da-z]+)\.([\da-f]{24})$/;

/** Returns the random token in a record (the text that identifies a lock's owner); `undefined` for another text. */
export function tokenOf(record: string): string | undefined {
  return RECORD.exec(record)?.[5];
}

/** Returns the process id in a record (the text that identifies a lock's owner); `"unknown"` for another text. */
export function pidOf(record: string): string {
  return RECORD.exec(record)?.[1] ?? "unknown";
}

/** Creates the {@link Owners} that look at the processes of this machine. */
export function systemOwners(): Owners {
  return {
    create() {
      const { pid, start, namespace, boot } = ownIdentity();
      const token = loadCrypto()
        .randomBytes(TOKEN_DIGITS / 2)
        .toString("hex");
      return [pid, toBase36(start), toBase36(namespace), shortBoot(boot), token].join(".");
    },
    stateOf(record) {
      const [, pid, start = "", namespace = "", boot = ""] = RECORD.exec(record) ?? [];
      if (pid === undefined) return "dead";
      const own = ownIdentity().boot;
      const identity = {
        boot: boot === shortBoot(own) ? own : boot,
        namespace: fromBase36(namespace),
        pid: Number(pid),
        start: fromBase36(start),
      };
      return STATES[stateOfProcess(identity)];
    },
  };
}

/** The owner's state by the state of its process. The directory is local, so a process of another boot is dead. */
const STATES: Readonly<Record<ProcessState, OwnerState>> = {
  alive: "alive",
  dead: "dead",
  "other-boot": "dead",
  "other-namespace": "unknown",
  unknown: "unknown",
};

function shortBoot(boot: string): string {
  return boot.slice(0, 8);
}

function toBase36(digits: string): string {
  return Number(digits).toString(36);
}

function fromBase36(text: string): string {
  return String(Number.parseInt(text, 36));
}
