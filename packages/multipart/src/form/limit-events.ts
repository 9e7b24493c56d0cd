/** The events of breached limits, on the request that breached them. */
import type { PacketronRequest } from "@packetron/core";

/** The events, with the original's names. */
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
 * Emits limit events on one request, and each again for listeners that are added later: a plugin may have read the body
 * before the handler runs, or all of a small form may have come with the head, so that `getBody()` finds it at once.
 */
export class LimitEvents {
  readonly #request: PacketronRequest;
  readonly #onError: (error: unknown) => void;
  readonly #past: Emission[] = [];

  /** @param onError Told of a listener that throws. */
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
      // Node tells of a listener before it is there; in the next tick it is, unless it was taken back.
      for (const emission of missed) process.nextTick(() => this.#repeat(emission, listener));
    });
  }

  #repeat({ event, args }: Emission, listener: Listener): void {
    const raw = this.#request
      .rawListeners(event)
      .find((each) => each === listener || ("listener" in each && each.listener === listener));
    // What `once()` has added takes itself away when it is called.
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
