/** Errors cross processes as text: what JSON makes of an `Error` is `{}`. */
import { coreError, PacketronError } from "../../errors/errors.ts";
import type { ErrorReport } from "./messages.ts";

/** The longest stack that travels; a worker that dies must get its last words through a pipe at once. */
const LONGEST_STACK = 8_000;

/** Makes a report of whatever was thrown. */
export function toReport(error: unknown): ErrorReport {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { message: error.message, code, stack: error.stack?.slice(0, LONGEST_STACK) };
}

/** The report in one line, with the name of the error where the stack has it: `"TypeError: x is not a function"`. */
export function tellReport(report: ErrorReport): string {
  const [headline] = (report.stack ?? "").split("\n");
  return headline?.includes(report.message) === true ? headline : report.message;
}

/**
 * The error that `start()` rejects with: the worker's own when it has a code of ours, because programs look at
 * the code; else PKT_CLUSTER_WORKER_DIED with the worker's error as cause.
 */
export function fromReport(worker: number, reason: string, report: ErrorReport | undefined): PacketronError {
  if (report === undefined) return coreError("PKT_CLUSTER_WORKER_DIED", { worker, reason, detail: "" });
  if (report.code?.startsWith("PKT_") === true) {
    const error = new PacketronError(report.code, report.message);
    return Object.assign(error, { stack: report.stack ?? error.stack });
  }
  const cause = Object.assign(new Error(report.message), { code: report.code, stack: report.stack });
  return coreError(
    "PKT_CLUSTER_WORKER_DIED",
    { worker, reason, detail: ` It said: ${tellReport(report)}` },
    cause,
  );
}
