/**
 * Ends connections that nobody uses. One timer looks at all of them: a timer for each socket, which every read and every
 * write sets back, costs 4 % of a small answer.
 */
import type { Socket } from "node:net";

/** A connection that may be idle. */
export interface IdleCandidate {
  readonly socket: Socket;
  /** Whether it has been used, and now has nothing to answer and nothing to write. */
  readonly isIdle: boolean;
}

/** How many times in a timeout it looks. A connection ends up to two of these periods late. */
const LOOKS = 20;

/** Ends the idle connections of one server. */
export class IdleSweep {
  readonly #timeout: number;
  /** When each was last seen to have received something, and how much it had by then. */
  readonly #seen = new Map<IdleCandidate, { bytes: number; at: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout How long a connection may be idle, in milliseconds; 0 is for ever. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** Watches a connection until it closes. */
  watch(candidate: IdleCandidate): void {
    if (this.#timeout === 0) return;
    this.#seen.set(candidate, { bytes: 0, at: performance.now() });
    candidate.socket.once("close", () => this.#forget(candidate));
    const period = Math.min(Math.max(Math.ceil(this.#timeout / LOOKS), 10), 1_000);
    this.#timer ??= setInterval(() => this.#look(), period).unref();
  }

  #forget(candidate: IdleCandidate): void {
    this.#seen.delete(candidate);
    if (this.#seen.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = performance.now();
    for (const [{ socket, isIdle }, seen] of this.#seen) {
      const { bytesRead: bytes } = socket;
      if (bytes !== seen.bytes || !isIdle) {
        seen.bytes = bytes;
        seen.at = now;
      } else if (now - seen.at >= this.#timeout) {
        socket.destroy();
      }
    }
  }
}
