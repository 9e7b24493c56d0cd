/** What `status()` gives: figures that workers report with each heartbeat, and the list of the processes. */
import type { AddressInfo } from "node:net";

/** What one worker reports with every heartbeat. */
export interface WorkerLoad {
  /** CPU time since its start, user and system, in microseconds. */
  readonly cpu: number;
  /** Resident memory in bytes. */
  readonly rss: number;
  /** The 99th percentile of the delay of its event loop since the last report, in milliseconds. */
  readonly eventLoopDelay: number;
  /** Open connections. */
  readonly connections: number;
  /** Requests answered since its start. */
  readonly requests: number;
  /** Requests being answered. */
  readonly inFlight: number;
}

/**
 * The stage of a worker. "starting": it runs its file. "trial": it is ready to replace another worker, but has to stay
 * ready for a second before it gets connections. "ready": it serves. "draining": it finishes its requests.
 */
export type WorkerState = "starting" | "trial" | "ready" | "draining";

/** One worker process. */
export interface WorkerStatus extends WorkerLoad {
  /** Its `workerId`; during a replacement two processes have the same one. */
  readonly id: number;
  readonly pid: number;
  readonly generation: number;
  readonly state: WorkerState;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** How often a worker of this number was restarted because its predecessor ended by itself or was about to. */
  readonly restarts: number;
}

/** The whole program. */
export interface PrimaryStatus {
  readonly pid: number;
  /** The generation that serves, counted from 1. */
  readonly generation: number;
  /** Where its servers listen. */
  readonly addresses: readonly AddressInfo[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly workers: readonly WorkerStatus[];
}

/** The figures of a worker that has not reported yet. */
export const NO_LOAD: WorkerLoad = Object.freeze({
  cpu: 0,
  rss: 0,
  eventLoopDelay: 0,
  connections: 0,
  requests: 0,
  inFlight: 0,
});
