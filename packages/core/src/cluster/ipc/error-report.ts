/** Turns errors into text that another process can receive: JSON turns an `Error` into `{}`. */

import { isDeveloping } from "../../config/process-role.ts";
import { coreError, PacketronError } from "../../errors/errors.ts";
import { isError } from "../../errors/narrow.ts";
import type { ErrorReport } from "./messages.ts";

/**
 * The longest stack in a report, in characters. A worker that is about to exit has to write its report into a pipe at
 * once.
 */
const MAX_STACK_LENGTH = 8_000;

/**
 * The property of an error that a worker has printed. The module that `packetron dev` preloads knows the symbol by its
 * name.
 */
const PRINTED = Symbol.for("packetron.printed");

/** Converts a thrown value of any type to a report that another process can receive. */
export function toReport(error: unknown): ErrorReport {
  if (!isError(error)) return { message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { message: error.message, code, stack: error.stack?.slice(0, MAX_STACK_LENGTH) };
}

/**
 * Shortens an error report to one line. The line includes the error's class if the stack shows it: `"TypeError: x is
 * not a function"`.
 */
export function headlineOf(report: ErrorReport): string {
  const [headline] = (report.stack ?? "").split("\n");
  return headline?.includes(report.message) === true ? headline : report.message;
}

/**
 * Makes the error that `start()` rejects with in the primary. An error of a worker that has a code of Packetron keeps
 * the code, because programs compare codes. Any other error becomes the cause of a PKT_CLUSTER_WORKER_DIED.
 *
 * @param exitReason How the worker failed, in a few words: `"exit code 1"`, `"its start() failed"`.
 */
export function fromReport(
  worker: number,
  exitReason: string,
  report: ErrorReport | undefined,
): PacketronError {
  if (report === undefined)
    return coreError("PKT_CLUSTER_WORKER_DIED", { worker, reason: exitReason, detail: "" });
  const error = restoreError(worker, exitReason, report);
  // With this code `packetron dev` starts the program anew, so the developer needs the message.
  if (isDeveloping() && error.code !== "PKT_CLUSTER_UNKNOWN_SERVER")
    Object.defineProperty(error, PRINTED, { value: true });
  return error;
}

/** Whether a worker under `packetron dev` has printed the error, so that the primary need not print it again. */
export function isPrinted(error: unknown): boolean {
  return isError(error) && Reflect.has(error, PRINTED);
}

function restoreError(worker: number, exitReason: string, report: ErrorReport): PacketronError {
  if (report.code?.startsWith("PKT_") === true) {
    const error = new PacketronError(report.code, report.message);
    return Object.assign(error, { stack: report.stack ?? error.stack });
  }
  const cause = Object.assign(new Error(report.message), { code: report.code, stack: report.stack });
  const detail = ` It said: ${headlineOf(report)}`;
  return coreError("PKT_CLUSTER_WORKER_DIED", { worker, reason: exitReason, detail }, cause);
}
