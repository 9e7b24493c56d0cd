/** Tells whoever works on a request that the client has gone away. */
import { DirectRequest } from "../direct/request.ts";

/** An incoming message with an abort signal; made when it is first asked for. */
export class ClientSignal extends DirectRequest {
  #controller: AbortController | null = null;

  /**
   * Aborts when the client goes away before it has the whole answer: for work that nobody would wait for then.
   *
   * @example
   * const rows = await fetch(reportUrl, { signal: request.signal });
   */
  declare readonly signal: AbortSignal;

  static {
    // Node 24.16 has a getter of that name, and its types call it a property, which a class cannot turn into a getter
    // again. This one behaves the same on every runtime.
    Object.defineProperty(ClientSignal.prototype, "signal", {
      configurable: true,
      get(this: ClientSignal): AbortSignal {
        return this.#signal();
      },
    });
  }

  /** Node calls it when the connection is gone, whatever became of the request, and when it was read to its end. */
  override destroy(error?: Error): this {
    super.destroy(error);
    if (this.socket.destroyed) this.#abort();
    return this;
  }

  #signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.socket.destroyed) this.#abort();
    }
    return this.#controller.signal;
  }

  #abort(): void {
    if (this.response?.writableFinished !== true) this.#controller?.abort();
  }
}
