/** Ends workers that are silent: the primary's clock around the heartbeat watch. */
import type { Logger } from "../../log/logger.ts";
import { isDebugged } from "../../node/modules.ts";
import { type HeartbeatSettings, HeartbeatWatch } from "./heartbeat.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Watches the workers that serve. */
export class Watchdog {
  readonly #settings: HeartbeatSettings;
  readonly #log: Logger;
  readonly #watch: HeartbeatWatch<WorkerProcess>;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: HeartbeatSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    this.#watch = new HeartbeatWatch(settings);
  }

  /** Begins, unless it is turned off; a breakpoint in the primary would make every worker look silent. */
  start(): void {
    const { heartbeatInterval } = this.#settings;
    if (this.#timer !== undefined || heartbeatInterval === 0 || isDebugged()) return;
    this.#timer = setInterval(() => this.#endSilent(), heartbeatInterval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The worker got ready: from now on it is watched. */
  admit(worker: WorkerProcess): void {
    this.#watch.heard(worker);
    this.#watch.replaced();
  }

  /** The worker lives. One that a debugger holds is not watched. */
  heard(worker: WorkerProcess, debugged: boolean): void {
    if (debugged) this.#watch.forget(worker);
    else if (worker.readyAt !== undefined && !worker.leaving) this.#watch.heard(worker);
  }

  /** The worker is not watched any more: it drains, or it is dead. */
  forget(worker: WorkerProcess): void {
    this.#watch.forget(worker);
  }

  #endSilent(): void {
    const worker = this.#watch.check();
    if (worker === undefined) return;
    const { slot, pid } = worker;
    this.#log.error(
      { worker: slot, pid },
      `worker ${slot} was silent for ${this.#settings.heartbeatTimeout} ms; it is killed`,
    );
    worker.kill("SIGKILL");
  }
}
