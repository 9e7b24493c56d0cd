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
  /** When each was last seen to be in use or to have received something, and what was seen then. */
  readonly #seen = new Map<IdleCandidate, { bytes: number; isIdle: boolean; at: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout How long a connection may be idle, in milliseconds; 0 is for ever. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** Watches a connection until it closes. */
  watch(candidate: IdleCandidate): void {
    if (this.#timeout === 0) return;
    this.#seen.set(candidate, { bytes: 0, isIdle: false, at: performance.now() });
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
      // It may have been in use until a moment ago when it was at the last look.
      if (bytes !== seen.bytes || !isIdle || !seen.isIdle) {
        seen.bytes = bytes;
        seen.isIdle = isIdle;
        seen.at = now;
      } else if (now - seen.at >= this.#timeout) {
        socket.destroy();
      }
    }
  }
}
