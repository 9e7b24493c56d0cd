/** `request.signal`: aborts the work on a request whose client has left, or whose time is over. */
import { isPacketronError, type PacketronError } from "../errors/define-errors.ts";
import type { PacketronRequest } from "./request.ts";

/**
 * The getter of `request.signal`. Node 24.16 has a getter of this name, and its types declare a property, which a class
 * cannot override with a getter. So core defines this descriptor on the prototype of requests, for every Node version.
 */
export const signalProperty: PropertyDescriptor & ThisType<PacketronRequest> = {
  configurable: true,
  get() {
    if (this.abortController === null) {
      this.abortController = new AbortController();
      if (this.socket.destroyed) abortSignal(this);
    }
    return this.abortController.signal;
  },
};

/** Aborts the signal of a request with a reason, also for code that reads the signal later. */
export function abortWith(request: PacketronRequest, reason: PacketronError): void {
  request.abortController ??= new AbortController();
  request.abortController.abort(reason);
}

/** Whether the signal of a request was aborted because its handler had not answered in time. */
export function isTimedOut({ abortController }: PacketronRequest): boolean {
  return abortController !== null && isPacketronError(abortController.signal.reason, "PKT_HANDLER_TIMEOUT");
}

/** Aborts the signal of a request, unless its answer has been written. To be called when the connection is closed. */
export function abortSignal({ abortController, response }: PacketronRequest): void {
  if (response?.writableFinished !== true) abortController?.abort();
}
