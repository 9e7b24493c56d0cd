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
import { ownIdentity, type ProcessState, stateOfProcess } from "@packetron/core";
import { TOKEN_DIGITS } from "./format.ts";
import { loadCrypto } from "./node-modules.ts";

/** The state of a record's owner. `"unknown"`: the owner runs in another container, so this process cannot see it. */
export type OwnerState = "alive" | "dead" | "unknown";

/** Creates records, and finds the state of their owners. Tests have their own implementation. */
export interface Owners {
  /** Creates a new record of this process. */
  create(): string;
  /** Returns the state of the process that a record names. */
  stateOf(record: string): OwnerState;
}

const RECORD = /^(\d+)\.([\da-z]+)\.([\da-z]+)\.([\da-z]+)\.([\da-f]{24})$/;

/** The token of a record; `undefined` for a text that is not a record. */
export function tokenOf(record: string): string | undefined {
  return RECORD.exec(record)?.[5];
}

/** The process id in a record, for messages; `"unknown"` for a text that is not a record. */
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
