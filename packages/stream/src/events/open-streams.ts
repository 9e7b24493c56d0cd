/** The open event streams of a server. */
import { AsyncResource } from "node:async_hooks";
import type { Packetron, PacketronError, PacketronRequest } from "@packetron/core";
import { createLogLimiter } from "@packetron/core/capability";

/** An event stream, as far as this file needs it. */
export interface OpenStream {
  /** How long the stream may be silent, in milliseconds; 0 means for ever. */
  readonly heartbeat: number;
  /** When something was last sent, by `performance.now()`. */
  readonly sentAt: number;
  /** Sends a comment, so that the connection is not silent. */
  beat(): void;
  /** Ends the stream, because the server drains. */
  drain(): void;
}

/** How many checks are made during the shortest heartbeat. */
const CHECKS_PER_HEARTBEAT = 10;

/** The limits of the interval between two checks, in milliseconds. */
const [SHORTEST, LONGEST] = [10, 1_000];

/**
 * Sends the heartbeats of the open streams, and ends them when the server drains. One timer checks all streams, and runs
 * only while one is open: a timer for each stream would cost memory, and most streams send more often than their heartbeat.
 */
export class OpenStreams {
  readonly #server: Packetron;
  readonly #count: { value: number };
  readonly #streams = new Set<OpenStream>();
  /** The async context of the timer, which must not be that of the request that happens to start the timer. */
  readonly #context = new AsyncResource("PacketronEventStreams");
  readonly #limitLog = createLogLimiter();
  #interval = LONGEST;
  #timer: NodeJS.Timeout | undefined;
  #awaitsDrain = false;

  /** @param count Gets the number of open streams, for metrics. */
  constructor(server: Packetron, count: { value: number }) {
    this.#server = server;
    this.#count = count;
  }

  /** Whether the server drains, so that a new stream has to end at once. */
  get isDraining(): boolean {
    return this.#server.drainSignal.aborted;
  }

  add(stream: OpenStream): void {
    this.#streams.add(stream);
    this.#count.value = this.#streams.size;
    this.#awaitDrain();
    const { heartbeat } = stream;
    if (heartbeat === 0) return;
    const interval = Math.min(Math.max(Math.floor(heartbeat / CHECKS_PER_HEARTBEAT), SHORTEST), LONGEST);
    if (interval < this.#interval) this.#stop();
    this.#interval = Math.min(interval, this.#interval);
    this.#timer ??= this.#context.runInAsyncScope(() => setInterval(this.#check, this.#interval).unref());
  }

  delete(stream: OpenStream): void {
    this.#streams.delete(stream);
    this.#count.value = this.#streams.size;
    if (this.#streams.size > 0) return;
    this.#stop();
    this.#interval = LONGEST;
  }

  /** Logs that a client was cut because it does not read: at most one line a second. */
  logSlowReader({ code, message }: PacketronError, { id, route }: PacketronRequest): void {
    this.#limitLog("slow-reader", (leftOut) => {
      this.#server.log.warn({ code, requestId: id, route: String(route), leftOut }, message);
    });
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #awaitDrain(): void {
    if (this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    const drain = (): void => {
      for (const stream of this.#streams) stream.drain();
    };
    this.#context.runInAsyncScope(() => this.#server.drainSignal.addEventListener("abort", drain));
  }

  /** A stream that would be silent for too long at the next check gets its heartbeat now. */
  readonly #check = (): void => {
    const limit = performance.now() + this.#interval;
    for (const stream of this.#streams) {
      const { heartbeat, sentAt } = stream;
      if (heartbeat > 0 && limit - sentAt > heartbeat) stream.beat();
    }
  };
}
