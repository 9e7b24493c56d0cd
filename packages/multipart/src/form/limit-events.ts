/** Limit events: emitted on a request when its form exceeds a limit. */
import type { PacketronRequest } from "@packetron/core";

/** The limit events, with the names of the original Packetron. */
export type LimitEvent =
  | "multipart-file-limit"
  | "multipart-files-limit"
  | "multipart-fields-limit"
  | "multipart-parts-limit";

type Listener = (...args: unknown[]) => unknown;

interface Emission {
  readonly event: LimitEvent;
  readonly args: readonly unknown[];
}

/**
 * Emits limit events on one request, and repeats past events for listeners that are added later. A plugin may have read
 * the body before the handler runs. And when a small form arrives together with the head, `getBody()` reads it at once.
 */
export class LimitEvents {
  readonly #request: PacketronRequest;
  readonly #onError: (error: unknown) => void;
  readonly #past: Emission[] = [];

  /** @param onError Called with the error of a listener that throws. */
  constructor(request: PacketronRequest, onError: (error: unknown) => void) {
    this.#request = request;
    this.#onError = onError;
  }

  emit(event: LimitEvent, ...args: readonly unknown[]): void {
    if (this.#past.length === 0) this.#repeatForLateListeners();
    this.#past.push({ event, args });
    this.#protect(() => this.#request.emit(event, ...args));
  }

  #repeatForLateListeners(): void {
    this.#request.on("newListener", (added: unknown, listener: Listener) => {
      const missed = this.#past.filter(({ event }) => event === added);
      // Node emits `newListener` before it adds the listener. In the next tick the request has the listener, unless
      // code has removed the listener.
      for (const emission of missed) process.nextTick(() => this.#repeat(emission, listener));
    });
  }

  #repeat({ event, args }: Emission, listener: Listener): void {
    const raw = this.#request
      .rawListeners(event)
      .find((each) => each === listener || ("listener" in each && each.listener === listener));
    // The raw listener of `once()` removes itself when it is called.
    if (raw !== undefined) this.#protect(() => Reflect.apply(raw, this.#request, args));
  }

  #protect(call: () => unknown): void {
    try {
      call();
    } catch (error) {
      this.#onError(error);
    }
  }
}
