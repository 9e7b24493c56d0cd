/** `request.signal`: tells the code that works on a request that the client has left. */
import type { PacketronRequest } from "./request.ts";

/**
 * The getter of the signal. Node 24.16 has one of that name, and its types call it a property, which a class cannot turn
 * into a getter. This one behaves the same on every runtime.
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

/** Aborts the signal of a request whose connection is closed, unless its answer is written. */
export function abortSignal({ abortController, response }: PacketronRequest): void {
  if (response?.writableFinished !== true) abortController?.abort();
}
