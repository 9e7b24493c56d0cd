/** Keeps one worker in each slot, and restarts a worker that ends. The pool knows no servers and no connections. */

import type { ServerSettings } from "../../config/options.ts";
import { isDeveloping } from "../../config/process-role.ts";
import { coreError, type PacketronError } from "../../errors/errors.ts";
import { createLogLimiter, type Logger } from "../../log/logger.ts";
import { headlineOf } from "../ipc/error-report.ts";
import type { ChannelMessage, WorkerMessage } from "../ipc/messages.ts";
import { MAX_BACKOFF } from "../process/backoff.ts";
import type { WorkerStatus } from "../process/status.ts";
import { Watchdog } from "./liveness.ts";
import type { WorkerEnd } from "./restart-policy.ts";
import { WorkerEnds } from "./worker-ends.ts";
import { describeExit, type Exit, lastError, WorkerProcess } from "./worker-process.ts";

/** Gets a call when something happens to a worker of a pool. */
export interface PoolOwner {
  onMessage(worker: WorkerProcess, message: WorkerMessage): void;
  /** The worker was not ready within `readyTimeout`. */
  onLate(worker: WorkerProcess): void;
  /** The worker has exited. The pool restarts it if it held a slot. */
  onExit(worker: WorkerProcess, exit: Exit): void;
  /** Too many workers ended early: no more workers are forked. */
  onCrashLoop(error: PacketronError): void;
}

/** The workers of a program, by slot. */
export class Pool {
  readonly #owner: PoolOwner;
  readonly #settings: ServerSettings;
  readonly #log: Logger;
  /** Limits log lines about broadcasts, because each request can cause a broadcast. */
  readonly #limited = createLogLimiter();
  readonly #watchdog: Watchdog;
  readonly #slots = new Map<number, WorkerProcess>();
  /** Candidates: new workers, each started to replace the holder of a slot, which still serves. */
  readonly #candidates = new Set<WorkerProcess>();
  /** Workers that finish their requests and no longer hold a slot. */
  readonly #retired = new Set<WorkerProcess>();
  readonly #ends: WorkerEnds;
  /** The timers of slots that wait for the delay of a restart. */
  readonly #timers = new Map<number, NodeJS.Timeout>();
  /** The generation of the workers that are started from now on; each reload starts the next generation. */
  generation = 1;
  #buildValid = true;
  #size = 0;
  /** Whether the pool may fork workers; false while every server stops. */
  #forks = true;
  /** Whether every worker is about to exit. */
  #closed = false;

  constructor(owner: PoolOwner, settings: ServerSettings, log: Logger) {
    this.#owner = owner;
    this.#settings = settings;
    this.#log = log;
    this.#watchdog = new Watchdog(settings, log);
    this.#ends = new WorkerEnds(settings);
  }

  /** Every worker process that is alive, candidates and draining workers included. */
  get workers(): WorkerProcess[] {
    return [...this.#slots.values(), ...this.#candidates, ...this.#retired];
  }

  /** The holders of slots: the worker of each slot that has one. */
  get holders(): WorkerProcess[] {
    return [...this.#slots.values()];
  }

  /** The holders of slots that are not ready yet. */
  get starting(): WorkerProcess[] {
    return this.holders.filter((worker) => worker.state === "starting");
  }

  /** Describes every worker process that is alive, sorted by number. */
  describeWorkers(): WorkerStatus[] {
    const statuses = this.workers.map(
      ({ slot, pid = 0, generation, state, startedAt, load }): WorkerStatus => ({
        id: slot,
        pid,
        generation,
        state,
        startedAt,
        restarts: this.#ends.restartsOf(slot),
        ...load,
      }),
    );
    return statuses.sort((one, other) => one.id - other.id || one.startedAt - other.startedAt);
  }

  /** Whether each slot has a worker that meets the condition. */
  everySlot(meets: (worker: WorkerProcess) => boolean): boolean {
    return this.#slots.size === this.#size && this.holders.every(meets);
  }

  /** Grows the pool to at least `size` slots. Each worker gets `readyTimeout` anew, for the server that starts. */
  grow(size: number): void {
    this.#size = Math.max(this.#size, size);
    this.#forks = !this.#closed;
    for (const worker of this.#slots.values()) this.#expectReady(worker);
    this.#watchdog.start();
    this.#fill();
  }

  /** Records that every server is ready in the worker. */
  markReady(worker: WorkerProcess): void {
    worker.markReady();
    if (!worker.onTrial) this.#reportReturn(worker);
    this.#watchdog.add(worker);
    this.#fill();
  }

  /** Records a heartbeat. */
  heartbeat(worker: WorkerProcess, debugged: boolean): void {
    this.#watchdog.heartbeat(worker, debugged);
  }

  /**
   * Starts a candidate, a new worker that is to replace the holder of a slot, while the holder still serves. A
   * candidate that ends is not restarted.
   *
   * @throws What `fork()` throws.
   */
  startCandidate(slot: number, generation: number): WorkerProcess {
    const worker = this.#fork(slot, generation);
    worker.onTrial = true;
    this.#candidates.add(worker);
    return worker;
  }

  /**
   * Makes a candidate (a worker on trial) the holder of its slot. Returns the former holder, which the caller has to
   * drain.
   */
  promote(candidate: WorkerProcess): WorkerProcess | undefined {
    const { slot } = candidate;
    const former = this.#slots.get(slot);
    this.#candidates.delete(candidate);
    candidate.onTrial = false;
    clearTimeout(this.#timers.get(slot));
    this.#timers.delete(slot);
    this.#slots.set(slot, candidate);
    this.#reportReturn(candidate);
    if (former === undefined) return undefined;
    this.#retired.add(former);
    this.#watchdog.remove(former);
    return former;
  }

  /**
   * Records whether the last reload found the build on disk valid. While it is not valid and workers of the former
   * build serve, a crash loop does not stop the server. A valid build fills every waiting slot at once.
   */
  setBuildValid(valid: boolean): void {
    this.#buildValid = valid;
    if (!valid) return;
    this.#clearTimers();
    this.#fill();
  }

  /** Takes the slot from a worker that drains in order to exit, and restarts the slot with a new worker. */
  retire(worker: WorkerProcess): void {
    this.#watchdog.remove(worker);
    if (this.#slots.get(worker.slot) !== worker) return;
    this.#slots.delete(worker.slot);
    this.#retired.add(worker);
    const { slot, pid, error } = worker;
    const reason = error === undefined ? "it was asked to" : headlineOf(error);
    if (error === undefined) this.#log.info({ worker: slot, pid }, `worker ${slot} leaves: ${reason}`);
    else this.#log.warn({ worker: slot, pid, error: error.message }, `worker ${slot} leaves: ${reason}`);
    this.#restart(this.#recordEnd(worker, reason), "left");
  }

  /** Sends a message to every worker that listens, or to the only receiver that it names. Logs a worker that has stopped reading and so misses the message. */
  broadcast(message: ChannelMessage): void {
    const { only } = message;
    for (const worker of this.workers) {
      if (!worker.listening || (only !== undefined && worker.slot !== only)) continue;
      try {
        worker.sendBounded(message);
      } catch (error) {
        this.#limited("message", (leftOut) =>
          this.#log.warn({ err: error, worker: worker.slot, leftOut }, "a worker misses a message"),
        );
      }
    }
  }

  /** Forks no more workers, because every server stops. A server that starts later calls {@link grow}. */
  stopForking(): void {
    this.#forks = false;
    this.#clearTimers();
  }

  /** Makes every worker exit and forks no more workers. */
  async close(): Promise<void> {
    this.#closed = true;
    this.stopForking();
    this.#watchdog.close();
    await Promise.all(this.workers.map((worker) => worker.end()));
  }

  /** Kills every worker and forks no more workers. */
  force(): void {
    this.#closed = true;
    this.stopForking();
    for (const worker of this.workers) worker.kill("SIGKILL");
  }

  /**
   * Forks a worker for every free slot. While no worker is ready, at most as many start at a time as would make a crash
   * loop if all of them failed to become ready. So a broken application is not forked once for each core of a large
   * machine.
   */
  #fill(): void {
    for (let slot = 1; slot <= this.#size && this.#forks; slot += 1) {
      if (this.#slots.has(slot) || this.#timers.has(slot)) continue;
      const proven = this.holders.some((worker) => worker.readyAt !== undefined);
      if (!proven && this.#slots.size >= this.#ends.trialsLeft()) return;
      try {
        const worker = this.#fork(slot, this.generation);
        this.#slots.set(slot, worker);
        this.#expectReady(worker);
      } catch (error) {
        // The system lacks memory or processes for a fork; the other workers serve on.
        this.#log.error({ err: error, worker: slot }, `worker ${slot} could not be started`);
        this.#restart(this.#recordEnd({ slot, readyAt: undefined }, String(error)), "ended");
      }
    }
  }

  #fork(slot: number, generation: number): WorkerProcess {
    const receive = (sender: WorkerProcess, message: WorkerMessage): void =>
      this.#owner.onMessage(sender, message);
    const worker = new WorkerProcess(slot, generation, receive);
    void worker.exited.then((exit) => this.#onExit(worker, exit));
    this.#log.debug({ worker: slot, pid: worker.pid, generation }, `worker ${slot} starts`);
    return worker;
  }

  #expectReady(worker: WorkerProcess): void {
    worker.expectReady(this.#settings.readyTimeout, () => this.#owner.onLate(worker));
  }

  #onExit(worker: WorkerProcess, exit: Exit): void {
    const { slot, pid, error } = worker;
    this.#watchdog.remove(worker);
    const held = this.#slots.get(slot) === worker;
    if (held) this.#slots.delete(slot);
    this.#candidates.delete(worker);
    this.#retired.delete(worker);
    this.#owner.onExit(worker, exit);
    const uptime = Math.round(performance.now() - worker.startedMonotonic);
    const facts = { worker: slot, pid, ...exit, error: error?.message, uptime };
    const message = `worker ${slot} ended after ${uptime} ms (${describeExit(exit)})`;
    // An exit that the primary requested needs no warning. A candidate that failed is reported by its replacement.
    if (this.#closed || !held) return this.#log.debug(facts, message);
    this.#log[worker.hasPrinted ? "debug" : "warn"](facts, message);
    const killed = exit.signal === "SIGKILL" && error === undefined;
    this.#restart(this.#recordEnd(worker, lastError(worker, exit), killed), "ended");
  }

  #recordEnd(
    { slot, readyAt }: Pick<WorkerProcess, "slot" | "readyAt">,
    reason: string,
    killed = false,
  ): WorkerEnd {
    return this.#ends.record({ slot, readyAt, reason, killed, othersServe: this.#isServing() });
  }

  #isServing(): boolean {
    return this.holders.some((worker) => worker.state === "ready");
  }

  /** Restarts the slot of the last end in the history. */
  #restart(end: WorkerEnd, verb: "ended" | "left"): void {
    if (!this.#forks) return;
    const { slot, readyFor } = end;
    const verdict = this.#ends.judge(end);
    // A build that failed in a reload is still on disk, so new workers end early. While workers of the former build
    // serve, the server does not stop.
    if (!verdict.restart && (this.#buildValid || !this.#isServing())) {
      this.#closed = true;
      this.stopForking();
      const { earlyEnds: count, firstReason: first } = verdict;
      const window = this.#settings.restartWindow;
      this.#owner.onCrashLoop(coreError("PKT_CLUSTER_CRASH_LOOP", { count, first, window }));
      return;
    }
    const delay = verdict.restart ? verdict.delay : MAX_BACKOFF;
    if (delay === 0) return this.#fill();
    const when =
      readyFor === undefined ? "before it was ready" : `${Math.round(readyFor)} ms after it was ready`;
    this.#log[isDeveloping() && readyFor === undefined ? "debug" : "warn"](
      { worker: slot, delay },
      `worker ${slot} is started again in ${delay} ms: it ${verb} ${when}`,
    );
    const fill = (): void => {
      this.#timers.delete(slot);
      this.#fill();
    };
    this.#timers.set(slot, setTimeout(fill, delay));
  }

  /** Logs that a slot whose worker had ended has a ready worker again. */
  #reportReturn({ slot, pid }: WorkerProcess): void {
    if (this.#ends.refill(slot)) this.#log.info({ worker: slot, pid }, `worker ${slot} serves again`);
  }

  #clearTimers(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
