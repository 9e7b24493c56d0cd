/** What `status()` returns: the processes of a program, with the figures of each worker's last heartbeat. */
import type { AddressInfo } from "node:net";

/** The figures that a worker reports with every heartbeat. */
export interface WorkerLoad {
  /** CPU time since the worker's start, user and system, in microseconds. */
  readonly cpu: number;
  /** Resident memory in bytes. */
  readonly rss: number;
  /** The 99th percentile of the event loop's delay since the last report, in milliseconds. */
  readonly eventLoopDelay: number;
  /** How many connections are open. */
  readonly connections: number;
  /** How many of them have left HTTP, such as WebSockets. */
  readonly upgraded: number;
  /** How many requests the worker has answered since its start. */
  readonly requests: number;
  /** How many requests the worker is answering now. */
  readonly inFlight: number;
}

/**
 * The state of a worker. "starting": the worker runs the entry file. "trial": the worker is ready to replace another
 * worker, and gets connections once it has stayed ready for `minReadyTime`. "ready": the worker serves. "draining": the
 * worker finishes its requests.
 */
export type WorkerState = "starting" | "trial" | "ready" | "draining";

/** One worker process, as `status()` describes it. */
export interface WorkerStatus extends WorkerLoad {
  /** The `workerId` of the worker; during a replacement the old and the new process have the same `workerId`. */
  readonly id: number;
  readonly pid: number;
  readonly generation: number;
  readonly state: WorkerState;
  /** When the process was started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How often the worker with this id was replaced because the old worker had ended, or was about to, by itself. */
  readonly restarts: number;
}

/** The processes of a program, as `status()` describes them. */
export interface PrimaryStatus {
  readonly pid: number;
  /** The generation that serves, counted from 1. */
  readonly generation: number;
  /** Where the servers of the program listen. */
  readonly addresses: readonly AddressInfo[];
  /** When the program was started, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly workers: readonly WorkerStatus[];
}

/** The figures of a worker that has not sent a heartbeat yet. */
export const NO_LOAD: WorkerLoad = Object.freeze({
  cpu: 0,
  rss: 0,
  eventLoopDelay: 0,
  connections: 0,
  upgraded: 0,
  requests: 0,
  inFlight: 0,
});
