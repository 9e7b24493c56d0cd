/** Errors as they are sent to another process: as text, because JSON makes `{}` of an `Error`. */
import { coreError, PacketronError } from "../../errors/errors.ts";
import type { ErrorReport } from "./messages.ts";

/** The longest stack that is sent: a worker that is about to exit must get its report through a pipe at once. */
const MAX_STACK_LENGTH = 8_000;

/** Makes a report of any thrown value. */
export function toReport(error: unknown): ErrorReport {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { message: error.message, code, stack: error.stack?.slice(0, MAX_STACK_LENGTH) };
}

/** The report in one line, with the name of the error where the stack has it: `"TypeError: x is not a function"`. */
export function headlineOf(report: ErrorReport): string {
  const [headline] = (report.stack ?? "").split("\n");
  return headline?.includes(report.message) === true ? headline : report.message;
}

/**
 * The error that `start()` rejects with. The worker's own error if its code is one of Packetron's, because programs
 * compare codes; otherwise PKT_CLUSTER_WORKER_DIED with the worker's error as cause.
 */
export function fromReport(
  worker: number,
  exitReason: string,
  report: ErrorReport | undefined,
): PacketronError {
  if (report === undefined)
    return coreError("PKT_CLUSTER_WORKER_DIED", { worker, reason: exitReason, detail: "" });
  if (report.code?.startsWith("PKT_") === true) {
    const error = new PacketronError(report.code, report.message);
    return Object.assign(error, { stack: report.stack ?? error.stack });
  }
  const cause = Object.assign(new Error(report.message), { code: report.code, stack: report.stack });
  const detail = ` It said: ${headlineOf(report)}`;
  return coreError("PKT_CLUSTER_WORKER_DIED", { worker, reason: exitReason, detail }, cause);
}
