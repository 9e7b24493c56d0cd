/** One worker process, as the primary sees it. */
import type { ChildProcess } from "node:child_process";
import cluster from "node:cluster";
import { workerVariables } from "../../config/environment.ts";
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import type { RawConnection } from "../../node/raw-connection.ts";
import type { PortSocket } from "../../node/reuse-port.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { headlineOf } from "../ipc/error-report.ts";
import { IpcChannel } from "../ipc/ipc-channel.ts";
import {
  type ChannelMessage,
  type ErrorReport,
  isWorkerMessage,
  type PrimaryMessage,
  type WorkerMessage,
} from "../ipc/messages.ts";
import { NO_LOAD, type WorkerLoad, type WorkerState } from "../process/status.ts";

/** How long a worker without servers may take to exit, in milliseconds. */
export const EXIT_GRACE = 2_000;

/** How a process exited. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Forks the entry file and exchanges messages with it. */
export class WorkerProcess {
  /** The worker id, from 1; a replacement gets the same one. */
  readonly slot: number;
  readonly generation: number;
  /** Start time on a clock that never steps back; for durations. */
  readonly startedMonotonic: number = performance.now();
  /** Wall-clock start time, for display; use `startedMonotonic` for durations. */
  readonly startedAt: number = Date.now();
  /** Resolves when the process has exited and every message that it sent has been read. */
  readonly exited: Promise<Exit>;
  /** Resolves when every server is ready in the worker. */
  readonly ready: Deferred<void> = createDeferred();
  /** Resolves when the worker begins to leave, or has exited. */
  readonly left: Deferred<void> = createDeferred();
  /** Since when every server is ready in the worker, on the clock of `startedMonotonic`. */
  readyAt: number | undefined;
  /** Whether the worker is a candidate, which has to prove itself before it gets connections. */
  onTrial = false;
  /** The figures of its last heartbeat. */
  load: WorkerLoad = NO_LOAD;
  /** CPU time until its first heartbeat, in microseconds. */
  startCost = 0;
  /** The last error that it reported. */
  error: ErrorReport | undefined;
  /** Whether it has loaded Packetron, so that it reads its channel. */
  listening = false;
  /** Whether it drains in order to exit, while others serve on. */
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
    // The process emits the same error, and `exitOf()` handles it there; without a listener it would be thrown here.
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

  send(message: PrimaryMessage, handle?: RawConnection | PortSocket): void {
    this.#channel.send(message, handle);
  }

  /** @throws PKT_CLUSTER_MESSAGE when the worker does not read. */
  sendBounded(message: ChannelMessage): void {
    this.#channel.sendBounded(message);
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#process.kill(signal);
  }

  /** Calls `onLate` if the worker is not ready after `timeoutMs`; a second call starts the time anew. */
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

  /** Records that the worker drains in order to exit, while others serve on. */
  markLeaving(): void {
    this.leaving = true;
    this.left.resolve();
  }

  /** Makes a worker without servers exit; kills it if it does not. */
  async end(): Promise<void> {
    // A worker that still loads the entry file does not read messages.
    if (!this.listening) this.kill("SIGTERM");
    this.send({ type: "quit" });
    await withTimeLimit(this.exited, EXIT_GRACE, () => this.kill("SIGKILL"));
    await this.exited;
  }
}

/** How a process exited, in a few words: `"signal SIGKILL"`, `"exit code 1"`. */
export function describeExit({ code, signal }: Exit): string {
  if (signal !== null) return `signal ${signal}`;
  return code === null ? "the process could not be started" : `exit code ${code}`;
}

/** The last error that a worker reported, else how it exited. */
export function lastError(worker: WorkerProcess, exit: Exit): string {
  return worker.error === undefined ? describeExit(exit) : headlineOf(worker.error);
}

/**
 * Waits for the exit of a process and for the end of its channel: messages may arrive after the exit, and they decide who
 * owns which connection. Node emits the end of a channel, but not while the acknowledgement of a handle is due, which the
 * process can no longer give. So this polls; the system closes the channel at the exit, so there are few polls.
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
