/**
 * Closes idle connections. One timer checks all connections: a timer for each socket, which every read and write
 * restarts, would take 4 % of the time of a small answer.
 */
import type { Socket } from "node:net";

/** A connection that may be idle. */
export interface IdleCandidate {
  readonly socket: Socket;
  /** Whether the connection has carried a direct answer, and now has no open request and no waiting answer. */
  readonly isIdle: boolean;
}

/** How many checks are made during one idle timeout. A connection is closed up to two check intervals late. */
const CHECKS_PER_TIMEOUT = 20;

/** Closes the idle connections of one server. */
export class IdleSweep {
  readonly #timeout: number;
  /** When each connection was last in use or had received bytes, and its state at that check. */
  readonly #seen = new Map<IdleCandidate, { bytes: number; isIdle: boolean; at: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout How long a connection may be idle, in milliseconds; 0 turns the sweep off. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** Watches a connection until `remove()`, which is to be called when the connection is closed. */
  watch(candidate: IdleCandidate): void {
    if (this.#timeout === 0) return;
    this.#seen.set(candidate, { bytes: 0, isIdle: false, at: performance.now() });
    const period = Math.min(Math.max(Math.ceil(this.#timeout / CHECKS_PER_TIMEOUT), 10), 1_000);
    this.#timer ??= setInterval(() => this.#check(), period).unref();
  }

  /** Watches a connection no more. */
  remove(candidate: IdleCandidate): void {
    this.#seen.delete(candidate);
    if (this.#seen.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const now = performance.now();
    for (const [{ socket, isIdle }, seen] of this.#seen) {
      const { bytesRead: bytes } = socket;
      // A connection that was in use at the last check may have become idle just now.
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
