/** A rule that lets connections through, in the words of one firewall program. */
import type { PacketronError } from "@packetron/core";
import { firewallError } from "./errors.ts";
import type { Outcome } from "./run-command.ts";

/** One rule; every method may reject with an error of this package. */
export interface Rule {
  /** The program that keeps it. */
  readonly program: string;
  /** What removes it, for the log. */
  readonly removal: readonly string[];
  /** Whether it is there already, so that it is somebody else's. */
  exists(): Promise<boolean>;
  /** Adds it; resolves with `false` when the program says that it was there. */
  add(): Promise<boolean>;
  /** Removes it. */
  remove(patience: number): Promise<void>;
}

/**
 * Passes on the outcome of a command that has to succeed.
 *
 * @throws PKT_FIREWALL_FAILED with the first line that the program wrote.
 */
export function assertDone(command: readonly string[], outcome: Outcome): Outcome {
  if (outcome.code === 0) return outcome;
  throw failure(command, /\S.{0,199}/.exec(outcome.output)?.[0] ?? `exit code ${outcome.code}`);
}

/** The error of a command that did not do what it should. */
export function failure(command: readonly string[], reason: string): PacketronError {
  return firewallError("PKT_FIREWALL_FAILED", { command: command.join(" "), reason });
}
