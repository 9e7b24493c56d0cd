/** Measures this process for heartbeats and `status()`. */
import { errorCode } from "../../errors/narrow.ts";
import { loadPerformanceHooks } from "../../node/modules.ts";
import { turns } from "../../node/turns.ts";
import type { HttpListener } from "./lifecycle.ts";
import type { WorkerLoad } from "./status.ts";

/** The counts that each server of a process keeps. */
export type Traffic = Pick<WorkerLoad, "connections" | "upgraded" | "requests" | "inFlight">;

/** Reads the figures of a listener; zeros before there is one. */
export function trafficOf(listener: HttpListener | undefined): Traffic {
  if (listener === undefined) return { connections: 0, upgraded: 0, inFlight: 0, requests: 0 };
  const { upgraded, inFlight, requests } = listener.load;
  return { connections: listener.connections, upgraded, inFlight, requests };
}

/**
 * Time between two samples of the event loop's delay, in milliseconds. Node's native timer takes them and runs no
 * JavaScript: 50 samples a second do not show in the CPU time of an idle worker.
 */
const RESOLUTION = 20;

/**
 * Measures CPU time, memory and traffic, and the delay of the event loop since the last `read()`. Deferred requests wait
 * for further turns, which can be short: their wait counts as delay, too.
 */
export class LoadMeter {
  readonly #delays = loadPerformanceHooks().monitorEventLoopDelay({ resolution: RESOLUTION });
  #memory = 0;

  constructor() {
    this.#delays.enable();
  }

  /** Reads the figures of this process; `servers` has those of each of its servers. */
  read(servers: Iterable<Traffic>): WorkerLoad {
    const { user, system } = process.cpuUsage();
    return {
      cpu: user + system,
      rss: this.#measureMemory(),
      eventLoopDelay: this.#delay(),
      ...sum(servers),
    };
  }

  /** Returns the last figure when no descriptor is free (EMFILE): Linux reports memory in a file. */
  #measureMemory(): number {
    try {
      this.#memory = process.memoryUsage.rss();
    } catch (error) {
      if (errorCode(error) !== "EMFILE") throw error;
    }
    return this.#memory;
  }

  #delay(): number {
    // The histogram holds nanoseconds between two samples; a loop that is never late takes RESOLUTION.
    const interval = this.#delays.count === 0 ? 0 : this.#delays.percentile(99) / 1e6;
    this.#delays.reset();
    return Math.max(0, Math.round(Math.max(interval - RESOLUTION, turns.wait) * 100) / 100);
  }
}

function sum(servers: Iterable<Traffic>): Traffic {
  const total = { connections: 0, upgraded: 0, requests: 0, inFlight: 0 };
  for (const { connections, upgraded, requests, inFlight } of servers) {
    total.connections += connections;
    total.upgraded += upgraded;
    total.requests += requests;
    total.inFlight += inFlight;
  }
  return total;
}
