/** What the primary knows of its workers: the figures that they report, and the list that it gives. */
import type { AddressInfo } from "node:net";
import type { Pool } from "../primary/pool.ts";

/** What one worker reports with every heartbeat. */
export interface WorkerLoad {
  /** CPU time since its start, user and system, in microseconds. */
  readonly cpu: number;
  /** Resident memory in bytes. */
  readonly rss: number;
  /** How late its event loop was since the last report, in milliseconds, in the worst of a hundred cases. */
  readonly eventLoopDelay: number;
  /** Open connections. */
  readonly connections: number;
  /** Requests answered since its start. */
  readonly requests: number;
  /** Requests being answered. */
  readonly inFlight: number;
}

/**
 * How far a worker is: it runs its file; it is ready, and has to last for a second before it gets connections in the
 * place of another; it serves; it finishes what it has.
 */
export type WorkerState = "starting" | "trial" | "ready" | "draining";

/** One worker process. */
export interface WorkerStatus extends WorkerLoad {
  /** Its `workerId`: during a replacement two processes have the same. */
  readonly id: number;
  readonly pid: number;
  readonly generation: number;
  readonly state: WorkerState;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** How often a worker of this number took the place of one that had ended, or was about to, by itself. */
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

/** Every worker process that lives, by its number. */
export function describeWorkers(pool: Pool): WorkerStatus[] {
  const statuses = pool.workers.map(
    ({ slot, pid = 0, generation, state, startedAt, load }): WorkerStatus => ({
      id: slot,
      pid,
      generation,
      state,
      startedAt,
      restarts: pool.restartsOf(slot),
      ...load,
    }),
  );
  return statuses.sort((one, other) => one.id - other.id || one.startedAt - other.startedAt);
}

/** What is said of a worker that has not reported yet. */
export const NO_LOAD: WorkerLoad = Object.freeze({
  cpu: 0,
  rss: 0,
  eventLoopDelay: 0,
  connections: 0,
  requests: 0,
  inFlight: 0,
});
