/** Reports errors of requests: to the log and to the listeners of the server's event `error`. */
import { isPacketronError } from "../errors/errors.ts";
import { foreignCallHint } from "../errors/foreign-words.ts";
import { requestFields } from "../log/request-fields.ts";
import { Fault, type FaultOf, judgeErrorHandler, logClientFault } from "./client-fault.ts";
import type { PacketronRequest } from "./request.ts";

/** Reports an error of a request. An error with a status below 500 is an answer to the client, and is not reported. */
export function reportFailure(error: unknown, request: PacketronRequest, fault: FaultOf): void {
  if (statusOf(error) >= 500) report(error, request, fault, `${request.route ?? request.method} failed`);
}

/** Reports an error of `server.onError()`'s handler. */
export function reportErrorHandler(error: unknown, request: PacketronRequest): void {
  report(error, request, judgeErrorHandler(error, request), "the error handler failed");
}

function report(error: unknown, request: PacketronRequest, fault: FaultOf, message: string): void {
  if (fault === Fault.LEFT || fault === Fault.REFUSED) return logClientFault(error, request, fault);
  const hint = foreignCallHint(error);
  const fields = requestFields(request);
  request.server.reportError(error, message, hint === undefined ? fields : { hint, ...fields }, fault);
}

/** The status of a Packetron error, else 500. A handler can throw any value, even one whose properties throw. */
export function statusOf(error: unknown): number {
  try {
    const status = isPacketronError(error) ? error.status : undefined;
    return status !== undefined && Number.isInteger(status) && status >= 400 && status <= 599 ? status : 500;
  } catch {
    return 500;
  }
}
