/** Figures of this process for heartbeats and `status()`. */
import { loadPerformanceHooks } from "../../node/modules.ts";
import type { HttpListener } from "./lifecycle.ts";
import type { WorkerLoad } from "./status.ts";

/** Figures that a server of this process counts. */
export type Traffic = Pick<WorkerLoad, "connections" | "requests" | "inFlight">;

/** Reads the figures of a listener; zeros without one. */
export function trafficOf(listener: HttpListener | undefined): Traffic {
  if (listener === undefined) return { connections: 0, inFlight: 0, requests: 0 };
  const { inFlight, requests } = listener.load;
  return { connections: listener.connections, inFlight, requests };
}

/**
 * How often the delay of the event loop is sampled, in milliseconds. The timer is native and runs no JavaScript: 50
 * samples in a second do not show in the CPU time of an idle worker.
 */
const RESOLUTION = 20;

/** Measures this process. The delay of the event loop is that since the last reading. */
export class LoadMeter {
  readonly #delays = loadPerformanceHooks().monitorEventLoopDelay({ resolution: RESOLUTION });
  #memory = 0;

  constructor() {
    this.#delays.enable();
  }

  /** Reads the figures; `servers` are the servers of this process. */
  read(servers: Iterable<Traffic>): WorkerLoad {
    const { user, system } = process.cpuUsage();
    return {
      cpu: user + system,
      rss: this.#measureMemory(),
      eventLoopDelay: this.#delay(),
      ...sum(servers),
    };
  }

  /** Gives the last figure if no descriptor is free: the system reports memory in a file. */
  #measureMemory(): number {
    try {
      this.#memory = process.memoryUsage.rss();
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EMFILE")) throw error;
    }
    return this.#memory;
  }

  #delay(): number {
    // The histogram has the time between two samples in nanoseconds: the resolution, if the loop is never late.
    const interval = this.#delays.count === 0 ? 0 : this.#delays.percentile(99) / 1e6;
    this.#delays.reset();
    return Math.max(0, Math.round((interval - RESOLUTION) * 100) / 100);
  }
}

function sum(servers: Iterable<Traffic>): Traffic {
  const total = { connections: 0, requests: 0, inFlight: 0 };
  for (const { connections, requests, inFlight } of servers) {
    total.connections += connections;
    total.requests += requests;
    total.inFlight += inFlight;
  }
  return total;
}
