/** Kills workers whose event loop is blocked: to the system such a process runs, but it answers no request. */
import type { Logger } from "../../log/logger.ts";
import { isDebugged } from "../../node/modules.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** The times of the liveness check, in milliseconds. */
export interface LivenessSettings {
  /** Time between two heartbeats of a worker; 0 turns the heartbeats and their check off. */
  readonly heartbeatInterval: number;
  /** How long a worker may send no heartbeat before the primary kills it. */
  readonly heartbeatTimeout: number;
}

/**
 * Records when each worker sent its last heartbeat, and returns the worker to kill.
 *
 * - A check can run late, because the primary was busy or suspended while heartbeats waited unread. The delay does not
 *   count as silence of the workers.
 * - After the record has returned a worker to kill, it returns no further worker until the killed worker is replaced,
 *   for at most `heartbeatTimeout`. When all workers are silent, the machine is the cause, and killing them would not
 *   help.
 */
export class HeartbeatRecord<Worker> {
  readonly #settings: LivenessSettings;
  readonly #now: () => number;
  readonly #lastHeartbeat = new Map<Worker, number>();
  #checked: number;
  #pauseUntil = Number.NEGATIVE_INFINITY;

  constructor(settings: LivenessSettings, now: () => number = () => performance.now()) {
    this.#settings = settings;
    this.#now = now;
    this.#checked = now();
  }

  /** Records a heartbeat of a worker; the first one starts its check. */
  add(worker: Worker): void {
    this.#lastHeartbeat.set(worker, this.#now());
  }

  /** Stops watching the heartbeats of a worker that drains, has exited, or has a debugger attached. */
  remove(worker: Worker): void {
    this.#lastHeartbeat.delete(worker);
  }

  /** Records that a worker has become ready. If a worker was killed, the new worker counts as its replacement. */
  replaced(): void {
    this.#pauseUntil = Number.NEGATIVE_INFINITY;
  }

  /** Returns the worker to kill, if any. To be called every `heartbeatInterval`. */
  check(): Worker | undefined {
    const now = this.#now();
    const late = Math.max(0, now - this.#checked - this.#settings.heartbeatInterval);
    this.#checked = now;
    let silent: Worker | undefined;
    let longest = this.#settings.heartbeatTimeout;
    for (const [worker, at] of this.#lastHeartbeat) {
      this.#lastHeartbeat.set(worker, at + late);
      if (now - at - late <= longest) continue;
      longest = now - at - late;
      silent = worker;
    }
    if (silent === undefined || now < this.#pauseUntil) return undefined;
    this.#lastHeartbeat.delete(silent);
    this.#pauseUntil = now + this.#settings.heartbeatTimeout;
    return silent;
  }
}

/** Checks the heartbeats of the workers that serve, and kills a silent one. */
export class Watchdog {
  readonly #settings: LivenessSettings;
  readonly #log: Logger;
  readonly #record: HeartbeatRecord<WorkerProcess>;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: LivenessSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    this.#record = new HeartbeatRecord(settings);
  }

  /**
   * Starts the checks, unless heartbeats are off or a debugger is attached to the primary: a breakpoint there would
   * make every worker look silent.
   */
  start(): void {
    const { heartbeatInterval } = this.#settings;
    if (this.#timer !== undefined || heartbeatInterval === 0 || isDebugged()) return;
    this.#timer = setInterval(() => this.#killSilent(), heartbeatInterval).unref();
  }

  /** Ends the checks. */
  close(): void {
    clearInterval(this.#timer);
  }

  /** Adds a worker that has become ready. */
  add(worker: WorkerProcess): void {
    this.#record.add(worker);
    this.#record.replaced();
  }

  /** Records a heartbeat. A worker with a debugger attached is not checked. */
  heartbeat(worker: WorkerProcess, debugged: boolean): void {
    if (debugged) this.#record.remove(worker);
    else if (worker.readyAt !== undefined && !worker.leaving) this.#record.add(worker);
  }

  /** Stops watching the heartbeats of a worker that drains or has exited. */
  remove(worker: WorkerProcess): void {
    this.#record.remove(worker);
  }

  #killSilent(): void {
    const worker = this.#record.check();
    if (worker === undefined) return;
    const { slot, pid } = worker;
    this.#log.error(
      { worker: slot, pid },
      `worker ${slot} was silent for ${this.#settings.heartbeatTimeout} ms; it is killed`,
    );
    worker.kill("SIGKILL");
  }
}
