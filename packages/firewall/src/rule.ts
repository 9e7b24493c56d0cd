/** A rule that accepts connections, as commands of one firewall program. */
import type { PacketronError } from "@packetron/core";
import { firewallError } from "./errors.ts";
import type { Outcome } from "./run-command.ts";

/** One firewall rule. Every method may reject with an error of this package. */
export interface Rule {
  /** The firewall program that holds the rule. */
  readonly program: string;
  /** The command that removes the rule, for the log. */
  readonly removal: readonly string[];
  /** Whether the rule exists already. Such a rule belongs to the administrator and is not removed at the stop. */
  exists(): Promise<boolean>;
  /** Adds the rule. Resolves to `false` when the firewall program reports that the rule exists already. */
  add(): Promise<boolean>;
  /** Removes the rule within a time limit. */
  remove(timeoutMs: number): Promise<void>;
}

/**
 * Returns the outcome of a command that must succeed.
 *
 * @throws PKT_FIREWALL_FAILED with the first line of the program's output, when the exit code is not 0.
 */
export function assertDone(command: readonly string[], outcome: Outcome): Outcome {
  if (outcome.code === 0) return outcome;
  throw failure(command, /\S.{0,199}/.exec(outcome.output)?.[0] ?? `exit code ${outcome.code}`);
}

/** Makes the error PKT_FIREWALL_FAILED of a command. */
export function failure(command: readonly string[], reason: string): PacketronError {
  return firewallError("PKT_FIREWALL_FAILED", { command: command.join(" "), reason });
}
