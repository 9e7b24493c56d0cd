/** The set of workers: forks them, replaces the dead, ends the silent. It knows nothing of servers and connections. */
import { coreError, type PacketronError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { ServerSettings } from "../options.ts";
import { RestartPolicy, WELL_AFTER } from "./backoff.ts";
import { tellReport } from "./error-report.ts";
import { HeartbeatWatch, isDebugged } from "./heartbeat.ts";
import type { ParcelMessage, WorkerMessage } from "./messages.ts";
import { type Death, lastWords, tellDeath, WorkerProcess } from "./worker-process.ts";

/** Who is told what happens to workers. */
export interface PoolOwner {
  received(worker: WorkerProcess, message: WorkerMessage): void;
  /** The worker was not ready within `readyTimeout`. */
  late(worker: WorkerProcess): void;
  /** The worker is dead; a replacement comes by itself. */
  ended(worker: WorkerProcess, death: Death): void;
  /** Too many early deaths: no more workers are forked. */
  gaveUp(error: PacketronError): void;
}

/** The workers of this program. */
export class Pool {
  readonly #owner: PoolOwner;
  readonly #settings: ServerSettings;
  readonly #log: Logger;
  readonly #policy: RestartPolicy;
  readonly #watch: HeartbeatWatch<WorkerProcess>;
  readonly #slots = new Map<number, WorkerProcess>();
  readonly #retiring = new Set<WorkerProcess>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  #watchTimer: NodeJS.Timeout | undefined;
  #size = 0;
  #closed = false;

  constructor(owner: PoolOwner, settings: ServerSettings, log: Logger) {
    this.#owner = owner;
    this.#settings = settings;
    this.#log = log;
    this.#policy = new RestartPolicy(settings);
    this.#watch = new HeartbeatWatch(settings);
  }

  /** Every worker process that lives, those that are about to end included. */
  get workers(): WorkerProcess[] {
    return [...this.#slots.values(), ...this.#retiring];
  }

  /** Whether each slot has a worker that meets the condition. */
  everySlot(meets: (worker: WorkerProcess) => boolean): boolean {
    return this.#slots.size === this.#size && [...this.#slots.values()].every(meets);
  }

  /** Makes the set at least this large. Workers that live get `readyTimeout` anew, for the server that is starting. */
  grow(size: number): void {
    this.#size = Math.max(this.#size, size);
    for (const worker of this.#slots.values()) this.#expectReady(worker);
    this.#startWatch();
    this.#fill();
  }

  /** Every server is ready in the worker. */
  settle(worker: WorkerProcess): void {
    worker.settle();
    this.#watch.heard(worker);
    this.#watch.replaced();
    this.#fill();
  }

  /** The worker lives. One that a debugger holds is not watched. */
  heard(worker: WorkerProcess, debugged: boolean): void {
    if (debugged) this.#watch.forget(worker);
    else if (worker.readyAt !== undefined) this.#watch.heard(worker);
  }

  /** The worker is about to end: its slot is free, and filled, while it drains. */
  retire(worker: WorkerProcess): void {
    if (this.#slots.get(worker.slot) !== worker) return;
    this.#slots.delete(worker.slot);
    this.#retiring.add(worker);
    this.#watch.forget(worker);
    this.#replace(
      worker.slot,
      worker.readyAt,
      worker.report === undefined ? "it left" : tellReport(worker.report),
    );
  }

  /** Sends to every worker that listens; one that does not read misses it, with a line in the log. */
  broadcast(parcel: ParcelMessage): void {
    for (const worker of this.workers.filter((one) => one.listening)) {
      try {
        worker.offer(parcel);
      } catch (error) {
        this.#log.warn({ err: error, worker: worker.slot }, "a worker misses a message");
      }
    }
  }

  /** Ends every worker; nothing is forked any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watchTimer);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.workers.map((worker) => worker.end()));
  }

  /** Kills every worker. */
  force(): void {
    this.#closed = true;
    for (const worker of this.workers) worker.kill("SIGKILL");
  }

  /**
   * Forks for every free slot. While no worker is ready only as many as may die before the crash-loop stop: on a
   * machine with many cores a broken application would otherwise be forked once for each before the first one fails.
   */
  #fill(): void {
    for (let slot = 1; slot <= this.#size && !this.#closed; slot += 1) {
      if (this.#slots.has(slot) || this.#timers.has(slot)) continue;
      const proven = [...this.#slots.values()].some((worker) => worker.readyAt !== undefined);
      if (!proven && this.#slots.size >= this.#policy.trials) return;
      try {
        this.#fork(slot);
      } catch (error) {
        // No memory or no process left for a fork; the workers that live serve on.
        this.#log.error({ err: error, worker: slot }, `worker ${slot} could not be started`);
        this.#replace(slot, undefined, String(error));
      }
    }
  }

  #fork(slot: number): void {
    const worker = new WorkerProcess(slot, (sender, message) => this.#owner.received(sender, message));
    this.#slots.set(slot, worker);
    this.#expectReady(worker);
    void worker.gone.then((death) => this.#onGone(worker, death));
    this.#log.debug({ worker: slot, pid: worker.pid }, `worker ${slot} starts`);
  }

  #expectReady(worker: WorkerProcess): void {
    worker.expectReady(this.#settings.readyTimeout, () => this.#owner.late(worker));
  }

  #onGone(worker: WorkerProcess, death: Death): void {
    this.#watch.forget(worker);
    const held = this.#slots.get(worker.slot) === worker;
    if (held) this.#slots.delete(worker.slot);
    this.#retiring.delete(worker);
    this.#owner.ended(worker, death);
    if (this.#closed || !held) return;
    const facts = { worker: worker.slot, pid: worker.pid, ...death, error: worker.report?.message };
    const uptime = Math.round(performance.now() - worker.born);
    this.#log.warn(
      { ...facts, uptime },
      `worker ${worker.slot} ended after ${uptime} ms (${tellDeath(death)})`,
    );
    this.#replace(worker.slot, worker.readyAt, lastWords(worker, death));
  }

  #replace(slot: number, readyAt: number | undefined, story: string): void {
    if (this.#closed) return;
    const well = readyAt !== undefined && performance.now() - readyAt >= WELL_AFTER;
    const verdict = well ? this.#policy.diedWell(slot) : this.#policy.diedEarly(slot, story);
    if (verdict.giveUp) {
      this.#closed = true;
      const { deaths: count, first } = verdict;
      this.#owner.gaveUp(
        coreError("PKT_CLUSTER_CRASH_LOOP", { count, first, window: this.#settings.restartWindow }),
      );
      return;
    }
    if (verdict.delay === 0) {
      this.#fill();
      return;
    }
    this.#log.warn(
      { worker: slot, delay: verdict.delay },
      `worker ${slot} is started again in ${verdict.delay} ms`,
    );
    const retry = (): void => {
      this.#timers.delete(slot);
      this.#fill();
    };
    this.#timers.set(slot, setTimeout(retry, verdict.delay));
  }

  #startWatch(): void {
    const { heartbeatInterval } = this.#settings;
    if (this.#watchTimer !== undefined || heartbeatInterval === 0 || isDebugged()) return;
    this.#watchTimer = setInterval(() => this.#endSilent(), heartbeatInterval).unref();
  }

  #endSilent(): void {
    const worker = this.#watch.check();
    if (worker === undefined) return;
    const { heartbeatTimeout } = this.#settings;
    this.#log.error(
      { worker: worker.slot, pid: worker.pid },
      `worker ${worker.slot} was silent for ${heartbeatTimeout} ms; it is killed`,
    );
    worker.kill("SIGKILL");
  }
}
