/**
 * Who holds a lock, in words that outlive the process: `<pid>.<start>.<pid namespace>.<boot>.<token>`.
 *
 * A process id alone lies: it is reused, and it means another process in another container. The start time tells reuse,
 * the namespace tells containers that share a temporary directory apart, the boot id tells what a crash of the machine has
 * left. The token is new for each revision. The numbers but the first are to the base 36, and of the boot id there are eight
 * digits: a link of fewer than 60 characters costs ext4 no block of its own.
 */
import { ownIdentity, type ProcessState, stateOfProcess } from "@packetron/core";
import { TOKEN_DIGITS } from "./format.ts";
import { loadCrypto } from "./node-modules.ts";

/** What can be said about the owner of a record. `"unknown"`: it is of another container. */
export type OwnerState = "alive" | "dead" | "unknown";

/** Makes and judges records; tests have their own. */
export interface Owners {
  /** A new record of this process. */
  create(): string;
  /** Looks at the process that a record names. */
  judge(record: string): OwnerState;
}

const RECORD = /^(\d+)\.([\da-z]+)\.([\da-z]+)\.([\da-z]+)\.([\da-f]{24})$/;

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
  return {
    create() {
      const { pid, start, namespace, boot } = ownIdentity();
      const token = loadCrypto()
        .randomBytes(TOKEN_DIGITS / 2)
        .toString("hex");
      return [pid, toBase36(start), toBase36(namespace), shortBoot(boot), token].join(".");
    },
    judge(record) {
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

/** The directory is on this machine: whoever is of another boot has not survived it. */
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
