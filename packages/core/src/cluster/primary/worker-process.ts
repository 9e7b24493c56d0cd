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

/** How long a worker may take to end once it has nothing to do, in milliseconds. */
export const END_GRACE = 2_000;

/** How a process ended. */
export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Forks the entry file and speaks with it. */
export class WorkerProcess {
  /** The worker id, 1 and up; a replacement gets the same. */
  readonly slot: number;
  readonly generation: number;
  readonly born: number = performance.now();
  /** The same on the clock of the wall. */
  readonly startedAt: number = Date.now();
  /** Resolves when the process is dead and everything that it sent has been read. */
  readonly gone: Promise<Death>;
  /** Resolves when every server is ready in it. */
  readonly ready: Deferred<void> = createDeferred();
  /** Resolves when it is about to end, or has ended. */
  readonly left: Deferred<void> = createDeferred();
  /** Since when every server is ready in it. */
  readyAt: number | undefined;
  /** Whether it has to prove itself before it gets connections. */
  onTrial = false;
  /** What it reported last. */
  load: WorkerLoad = NO_LOAD;
  /** CPU time until its first report, in microseconds. */
  startCost = 0;
  /** The last error that it told. */
  report: ErrorReport | undefined;
  /** Whether it has loaded Packetron, so that its channel is read. */
  listening = false;
  /** Whether it is about to end while others serve on. */
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
    // The same event comes from the process, where it is looked at; here it would be thrown.
    worker.on("error", () => {});
    this.#process = worker.process;
    this.gone = deathOf(worker.process);
    this.#channel = new IpcChannel(worker.process, (message) => {
      if (isWorkerMessage(message)) receive(this, message);
    });
    void this.gone.then(() => {
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

  send(message: PrimaryMessage, socket?: RawConnection | PortSocket): void {
    this.#channel.send(message, socket);
  }

  /** @throws PKT_CLUSTER_MESSAGE when it does not read. */
  sendBounded(message: ChannelMessage): void {
    this.#channel.sendBounded(message);
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#process.kill(signal);
  }

  /** Calls back when the worker is not ready in time; starts again when called again. */
  expectReady(timeout: number, late: () => void): void {
    clearTimeout(this.#readyTimer);
    this.#readyTimer = setTimeout(late, timeout);
  }

  /** It tells what it has to do, and what it costs. */
  tell(load: WorkerLoad): void {
    if (this.load === NO_LOAD) this.startCost = load.cpu;
    this.load = load;
  }

  /** Every server is ready in it. */
  settle(): void {
    clearTimeout(this.#readyTimer);
    this.readyAt ??= performance.now();
    this.ready.resolve();
  }

  /** It is about to end, while others serve on. */
  leave(): void {
    this.leaving = true;
    this.left.resolve();
  }

  /** Ends it; it should have nothing left to do by now, and is killed when it does not go. */
  async end(): Promise<void> {
    // Still loading the entry file: nobody reads messages there yet.
    if (!this.listening) this.kill("SIGTERM");
    this.send({ type: "quit" });
    await withTimeLimit(this.gone, END_GRACE, () => this.kill("SIGKILL"));
    await this.gone;
  }
}

/** Why it ended, in a few words: `"signal SIGKILL"`, `"exit code 1"`. */
export function tellDeath({ code, signal }: Death): string {
  if (signal !== null) return `signal ${signal}`;
  return code === null ? "the process could not be started" : `exit code ${code}`;
}

/** What a worker said last, else how it ended. */
export function lastWords(worker: WorkerProcess, death: Death): string {
  return worker.report === undefined ? tellDeath(death) : headlineOf(worker.report);
}

/**
 * The exit may be known before the last messages are read, and they decide who has which connection. Node tells the end
 * of a channel by an event, but not while the acknowledgement of a handle is due that the dead process cannot give: so
 * this looks. What ended has closed its end of the channel, so there are few looks.
 */
function deathOf(child: ChildProcess): Promise<Death> {
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
