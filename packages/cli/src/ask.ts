/** Sends a request to the selected application, and turns a refusal into a failure of the command. */
import {
  type ApplicationRegistration,
  askApplication,
  type ControlAnswer,
  type ControlValues,
  type ControlVerb,
} from "@packetron/core/control";
import type { Values } from "./arguments.ts";
import { CommandFailure, ExitCode } from "./exit-code.ts";
import { printable } from "./table.ts";

/** How long an application may take to answer a request that needs no work, in milliseconds. */
export const ANSWER_TIMEOUT = 5_000;

/**
 * Sends a request to an application over its control socket, and returns the value of the answer.
 *
 * @param timeout How long to wait for the answer, in milliseconds.
 * @throws CommandFailure (exit code 1) with the reason of the refusal, or when the application does not answer.
 */
export async function ask<Verb extends Exclude<ControlVerb, "profile">>(
  application: ApplicationRegistration,
  verb: Verb,
  timeout: number,
): Promise<ControlValues[Verb]> {
  return unwrap(verb, await askApplication(application, verb, timeout));
}

/** The value of an answer. @throws CommandFailure (exit code 1) with the reason of a refusal. */
export function unwrap<Value>(verb: ControlVerb, answer: ControlAnswer<Value>): Value {
  if (answer.ok) return answer.value;
  const reason = answer.reason.split("\n").map(printable).join("\n");
  throw new CommandFailure(ExitCode.FAILED, `${verb}: ${reason}`);
}

/** Reads `--timeout`, in seconds; returns milliseconds. */
export function readTimeout(values: Values, byDefault: number): number {
  const text = values.text("timeout");
  if (text === undefined) return byDefault;
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds * 1_000;
  throw new CommandFailure(ExitCode.USAGE, `--timeout needs a number of seconds, but got "${text}".`);
}
