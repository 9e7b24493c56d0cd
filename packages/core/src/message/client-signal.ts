/** `request.signal`: aborts the work on a request whose client has left. */
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

/** Aborts the signal of a request, unless its answer has been written. To be called when the connection is closed. */
export function abortSignal({ abortController, response }: PacketronRequest): void {
  if (response?.writableFinished !== true) abortController?.abort();
}
