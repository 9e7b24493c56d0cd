/** The primary's record of one worker process: its state, its messages, its exit. */
import type { ChildProcess } from "node:child_process";
import cluster from "node:cluster";
import { workerVariables } from "../../config/environment.ts";
import { isDeveloping } from "../../config/process-role.ts";
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import type { RawConnection } from "../../node/raw-connection.ts";
import type { PortSocket } from "../../node/reuse-port.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { headlineOf } from "../ipc/error-report.ts";
import { IpcChannel, type PayloadMessage } from "../ipc/ipc-channel.ts";
import {
  type ChannelMessage,
  type ErrorReport,
  isWorkerMessage,
  type PrimaryMessage,
  type WorkerMessage,
} from "../ipc/messages.ts";
import { NO_LOAD, type WorkerLoad, type WorkerState } from "../process/status.ts";

/** How long a worker may take to exit after "quit", in milliseconds. */
export const EXIT_GRACE = 2_000;

/** How a process exited. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Forks a worker, and exchanges messages with it. */
export class WorkerProcess {
  /** The number of the worker, from 1. A replacement of the worker gets the same number. */
  readonly slot: number;
  readonly generation: number;
  /** Start time in milliseconds of a clock that never steps back, for durations. */
  readonly startedMonotonic: number = performance.now();
  /** Wall-clock start time, for display; use `startedMonotonic` for durations. */
  readonly startedAt: number = Date.now();
  /** Resolves when the process has exited and every message that it had sent has been read. */
  readonly exited: Promise<Exit>;
  /** Resolves when every server is ready in the worker. */
  readonly ready: Deferred<void> = createDeferred();
  /** Resolves when the worker begins to leave, or has exited. */
  readonly left: Deferred<void> = createDeferred();
  /** When every server became ready in the worker, on the clock of `startedMonotonic`. */
  readyAt: number | undefined;
  /**
   * Whether the worker is a candidate: it is to replace another worker, and has to stay ready for a while before it
   * gets connections.
   */
  onTrial = false;
  /** The figures of the worker's last heartbeat. */
  load: WorkerLoad = NO_LOAD;
  /** CPU time of the worker's start, until its first heartbeat, in microseconds. */
  startCost = 0;
  /** The last error that the worker reported. */
  error: ErrorReport | undefined;
  /** Whether the worker reads its channel, because it has loaded Packetron. */
  listening = false;
  /** Whether the worker drains in order to exit, while other workers serve on. */
  leaving = false;
  readonly #process: ChildProcess;
  readonly #channel: IpcChannel;
  #readyTimer: NodeJS.Timeout | undefined;

  constructor(
    slot: number,
    generation: number,
    receive: (worker: WorkerProcess, message: WorkerMessage) => void,
  ) {
    this.slot = slot;
    this.generation = generation;
    const worker = cluster.fork(workerVariables(slot, generation));
    // Node emits the same error on the process, where exitOf() handles it. Without this listener Node would throw it.
    worker.on("error", () => {});
    this.#process = worker.process;
    this.exited = exitOf(worker.process);
    this.#channel = new IpcChannel(worker.process, (message) => {
      if (isWorkerMessage(message)) receive(this, message);
    });
    void this.exited.then(() => {
      clearTimeout(this.#readyTimer);
      this.left.resolve();
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get state(): WorkerState {
    if (this.leaving) return "draining";
    if (this.readyAt === undefined) return "starting";
    return this.onTrial ? "trial" : "ready";
  }

  /** Whether the developer has seen why the worker ended: under `packetron dev` the worker's own error is enough. */
  get hasPrinted(): boolean {
    return isDeveloping() && this.readyAt === undefined && this.error !== undefined;
  }

  send(message: PrimaryMessage, handle?: RawConnection | PortSocket): void {
    this.#channel.send(message, handle);
  }

  /** Sends a channel message. @throws PKT_CLUSTER_MESSAGE when the worker has stopped reading. */
  sendBounded(message: ChannelMessage): void {
    this.#channel.sendBounded(message);
  }

  /** Sends a message with a payload, unless the worker has stopped reading. */
  sendIfRoom(message: PayloadMessage): void {
    this.#channel.sendIfRoom(message);
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#process.kill(signal);
  }

  /** Calls `onLate` if the worker is not ready after `timeoutMs`. A second call starts the time anew. */
  expectReady(timeoutMs: number, onLate: () => void): void {
    clearTimeout(this.#readyTimer);
    this.#readyTimer = setTimeout(onLate, timeoutMs);
  }

  /** Records the figures of a heartbeat. */
  recordLoad(load: WorkerLoad): void {
    if (this.load === NO_LOAD) this.startCost = load.cpu;
    this.load = load;
  }

  /** Records that every server is ready in the worker. */
  markReady(): void {
    clearTimeout(this.#readyTimer);
    this.readyAt ??= performance.now();
    this.ready.resolve();
  }

  /** Records that the worker drains in order to exit, while other workers serve on. */
  markLeaving(): void {
    this.leaving = true;
    this.left.resolve();
  }

  /**
   * Orders a worker whose servers have stopped to exit. Kills a worker that does not exit in time. Resolves when the
   * process has exited.
   */
  async end(): Promise<void> {
    // A worker that is still loading the entry file does not read messages.
    if (!this.listening) this.kill("SIGTERM");
    this.send({ type: "quit" });
    await withTimeLimit(this.exited, EXIT_GRACE, () => this.kill("SIGKILL"));
    await this.exited;
  }
}

/** Describes how a process exited: `"signal SIGKILL"`, `"exit code 1"`. */
export function describeExit({ code, signal }: Exit): string {
  if (signal !== null) return `signal ${signal}`;
  return code === null ? "the process could not be started" : `exit code ${code}`;
}

/** Describes the last error that a worker reported; without a report, how the worker exited. */
export function lastError(worker: WorkerProcess, exit: Exit): string {
  return worker.error === undefined ? describeExit(exit) : headlineOf(worker.error);
}

/**
 * Waits for the exit of a process and for the end of its channel. Messages may arrive after the exit, and decide
 * whether the worker or the primary owns a connection. Node does not emit the end of a channel while an acknowledgement
 * of a handle is due, and an exited process cannot send it. So this function polls. It needs few polls, because the
 * system closes the channel at the exit.
 */
function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      const conclude = (wait: number): void => {
        if (child.connected) setTimeout(conclude, wait, Math.min(2 * wait, 50));
        else resolve({ code, signal });
      };
      conclude(1);
    });
    child.on("error", () => {
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
  });
}
