/** Asks the chosen application, and turns a refusal into a failure. */
import {
  type ApplicationRegistration,
  askApplication,
  type ControlValues,
  type ControlVerb,
} from "@packetron/core/control";
import type { Values } from "./arguments.ts";
import { CommandFailure, ExitCode } from "./exit-code.ts";
import { printable } from "./table.ts";

/** Milliseconds that an answer may take which needs no work. */
export const PROMPTLY = 5_000;

/**
 * Asks.
 *
 * @throws CommandFailure (1) with the reason.
 */
export async function ask<Verb extends ControlVerb>(
  application: ApplicationRegistration,
  verb: Verb,
  timeout: number,
): Promise<ControlValues[Verb]> {
  const answer = await askApplication(application, verb, timeout);
  if (answer.ok) return answer.value;
  const reason = answer.reason.split("\n").map(printable).join("\n");
  throw new CommandFailure(ExitCode.FAILED, `${verb}: ${reason}`);
}

/** Reads `--timeout`, in seconds; gives milliseconds. */
export function readTimeout(values: Values, byDefault: number): number {
  const text = values.text("timeout");
  if (text === undefined) return byDefault;
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds * 1_000;
  throw new CommandFailure(ExitCode.USAGE, `--timeout needs a number of seconds, got "${text}".`);
}
