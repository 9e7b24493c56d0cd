/**
 * Closes idle connections. One timer checks all connections: a timer for each socket, which every read and write
 * restarts, would take 4 % of the time of a small answer.
 */
import type { Socket } from "node:net";
import { type Listed, LiveList } from "../node/live-list.ts";

/** A connection that may be idle. */
export interface IdleCandidate {
  readonly socket: Socket;
  /** Whether the connection has carried a direct answer, and now has no open request and no waiting answer. */
  readonly isIdle: boolean;
}

/** How many checks are made during one idle timeout. A connection is closed up to two check intervals late. */
const CHECKS_PER_TIMEOUT = 20;

/**
 * When a connection was last in use or had received bytes, and its state at the last check. A class, because V8 makes
 * object literals in the old generation once earlier ones of the same place have lived long. From there they would hold
 * closed connections until the next full garbage collection.
 */
export class IdleWatch implements Listed {
  readonly candidate: IdleCandidate;
  position = -1;
  bytes = 0;
  isIdle = false;
  at: number = performance.now();

  constructor(candidate: IdleCandidate) {
    this.candidate = candidate;
  }
}

/** Closes the idle connections of one server. */
export class IdleSweep {
  readonly #timeout: number;
  readonly #watches = new LiveList<IdleWatch>();
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout How long a connection may be idle, in milliseconds; 0 turns the sweep off. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /**
   * Watches a connection until `remove()`, which is to be called when the connection is closed. Returns `null` if the
   * sweep is off.
   */
  watch(candidate: IdleCandidate): IdleWatch | null {
    if (this.#timeout === 0) return null;
    const watch = new IdleWatch(candidate);
    this.#watches.add(watch);
    const period = Math.min(Math.max(Math.ceil(this.#timeout / CHECKS_PER_TIMEOUT), 10), 1_000);
    this.#timer ??= setInterval(() => this.#check(), period).unref();
    return watch;
  }

  /** Ends a watch. */
  remove(watch: IdleWatch): void {
    this.#watches.remove(watch);
    if (this.#watches.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const now = performance.now();
    for (const seen of this.#watches) {
      const { socket, isIdle } = seen.candidate;
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
