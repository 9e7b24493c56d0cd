/** The set of workers: forks them, replaces the dead, ends the silent. It knows nothing of servers and connections. */

import type { ServerSettings } from "../../config/options.ts";
import { coreError, type PacketronError } from "../../errors/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { headlineOf } from "../ipc/error-report.ts";
import type { ChannelMessage, WorkerMessage } from "../ipc/messages.ts";
import { MAX_BACKOFF } from "../process/backoff.ts";
import type { WorkerStatus } from "../process/status.ts";
import { RestartPolicy, type Verdict, WELL_AFTER } from "./restart-policy.ts";
import { Watchdog } from "./watchdog.ts";
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
  readonly #watchdog: Watchdog;
  readonly #slots = new Map<number, WorkerProcess>();
  /** Those that are to take a slot over while the one that has it still serves. */
  readonly #successors = new Set<WorkerProcess>();
  readonly #retiring = new Set<WorkerProcess>();
  /** How often a slot was filled anew, because its worker had ended or was about to. */
  readonly #restarts = new Map<number, number>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  /** The number that workers get which are started now. */
  generation = 1;
  #distrusted = false;
  #size = 0;
  #closed = false;

  constructor(owner: PoolOwner, settings: ServerSettings, log: Logger) {
    this.#owner = owner;
    this.#settings = settings;
    this.#log = log;
    this.#policy = new RestartPolicy(settings);
    this.#watchdog = new Watchdog(settings, log);
  }

  /** Every worker process that lives, those that are about to end included. */
  get workers(): WorkerProcess[] {
    return [...this.#slots.values(), ...this.#successors, ...this.#retiring];
  }

  /** The worker of each slot that has one. */
  get holders(): WorkerProcess[] {
    return [...this.#slots.values()];
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
        restarts: this.#restartsOf(slot),
        ...load,
      }),
    );
    return statuses.sort((one, other) => one.id - other.id || one.startedAt - other.startedAt);
  }

  /** How often the slot was filled anew. */
  #restartsOf(slot: number): number {
    return this.#restarts.get(slot) ?? 0;
  }

  /** Whether each slot has a worker that meets the condition. */
  everySlot(meets: (worker: WorkerProcess) => boolean): boolean {
    return this.#slots.size === this.#size && this.holders.every(meets);
  }

  /** Makes the set at least this large. Workers that live get `readyTimeout` anew, for the server that is starting. */
  grow(size: number): void {
    this.#size = Math.max(this.#size, size);
    for (const worker of this.#slots.values()) this.#expectReady(worker);
    this.#watchdog.start();
    this.#fill();
  }

  /** Every server is ready in the worker. */
  settle(worker: WorkerProcess): void {
    worker.settle();
    this.#watchdog.admit(worker);
    this.#fill();
  }

  /** The worker lives. */
  heard(worker: WorkerProcess, debugged: boolean): void {
    this.#watchdog.heard(worker, debugged);
  }

  /**
   * Starts a worker for a slot whose holder goes on. It is on trial until it is promoted; nobody replaces it.
   *
   * @throws what `fork()` throws.
   */
  startSuccessor(slot: number, generation: number): WorkerProcess {
    const worker = this.#spawn(slot, generation);
    worker.onTrial = true;
    this.#successors.add(worker);
    return worker;
  }

  /** The successor takes its slot over; gives the one that had it, which is to drain. */
  promote(successor: WorkerProcess): WorkerProcess | undefined {
    const { slot } = successor;
    const former = this.#slots.get(slot);
    this.#successors.delete(successor);
    successor.onTrial = false;
    clearTimeout(this.#timers.get(slot));
    this.#timers.delete(slot);
    this.#slots.set(slot, successor);
    if (former === undefined) return undefined;
    this.#retiring.add(former);
    this.#watchdog.forget(former);
    return former;
  }

  /** Tells whether what is on disk is sound: as long as it is not, and the former build serves, nobody gives up. */
  trust(sound: boolean): void {
    this.#distrusted = !sound;
    if (!sound) return;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#fill();
  }

  /** The worker is about to end: its slot is free, and filled, while it drains. */
  retire(worker: WorkerProcess): void {
    this.#watchdog.forget(worker);
    if (this.#slots.get(worker.slot) !== worker) return;
    this.#slots.delete(worker.slot);
    this.#retiring.add(worker);
    const { slot, pid, report } = worker;
    const story = report === undefined ? "it was asked to" : headlineOf(report);
    if (report === undefined) this.#log.info({ worker: slot, pid }, `worker ${slot} leaves: ${story}`);
    else this.#log.warn({ worker: slot, pid, error: report.message }, `worker ${slot} leaves: ${story}`);
    this.#replace(slot, this.#judge(worker, story, null));
  }

  /** Sends to every worker that listens; one that does not read misses it, with a line in the log. */
  broadcast(message: ChannelMessage): void {
    for (const worker of this.workers.filter((one) => one.listening)) {
      try {
        worker.sendBounded(message);
      } catch (error) {
        this.#log.warn({ err: error, worker: worker.slot }, "a worker misses a message");
      }
    }
  }

  /** Ends every worker; nothing is forked any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watchdog.stop();
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
      const proven = this.holders.some((worker) => worker.readyAt !== undefined);
      if (!proven && this.#slots.size >= this.#policy.trials) return;
      try {
        this.#fork(slot);
      } catch (error) {
        // No memory or no process left for a fork; the workers that live serve on.
        this.#log.error({ err: error, worker: slot }, `worker ${slot} could not be started`);
        this.#replace(slot, this.#policy.diedEarly(slot, String(error)));
      }
    }
  }

  #fork(slot: number): void {
    const worker = this.#spawn(slot, this.generation);
    this.#slots.set(slot, worker);
    this.#expectReady(worker);
  }

  #spawn(slot: number, generation: number): WorkerProcess {
    const receive = (sender: WorkerProcess, message: WorkerMessage): void =>
      this.#owner.received(sender, message);
    const worker = new WorkerProcess(slot, generation, receive);
    void worker.gone.then((death) => this.#onGone(worker, death));
    this.#log.debug({ worker: slot, pid: worker.pid, generation }, `worker ${slot} starts`);
    return worker;
  }

  #expectReady(worker: WorkerProcess): void {
    worker.expectReady(this.#settings.readyTimeout, () => this.#owner.late(worker));
  }

  #onGone(worker: WorkerProcess, death: Death): void {
    this.#watchdog.forget(worker);
    const held = this.#slots.get(worker.slot) === worker;
    if (held) this.#slots.delete(worker.slot);
    this.#successors.delete(worker);
    this.#retiring.delete(worker);
    this.#owner.ended(worker, death);
    const uptime = Math.round(performance.now() - worker.born);
    const facts = { worker: worker.slot, pid: worker.pid, ...death, error: worker.report?.message, uptime };
    const story = `worker ${worker.slot} ended after ${uptime} ms (${tellDeath(death)})`;
    // Nobody is surprised by the end of one that was asked to end.
    if (this.#closed || !held) return this.#log.debug(facts, story);
    this.#log.warn(facts, story);
    this.#replace(worker.slot, this.#judge(worker, lastWords(worker, death), death.signal));
  }

  #judge({ slot, readyAt, report }: WorkerProcess, story: string, signal: Death["signal"]): Verdict {
    const age = readyAt === undefined ? 0 : performance.now() - readyAt;
    if (age >= WELL_AFTER) return this.#policy.diedWell(slot);
    const killed = signal === "SIGKILL" && readyAt !== undefined && report === undefined;
    return killed ? this.#policy.killed(slot) : this.#policy.diedEarly(slot, story);
  }

  #replace(slot: number, verdict: Verdict): void {
    if (this.#closed) return;
    this.#restarts.set(slot, this.#restartsOf(slot) + 1);
    const serving = this.holders.some((worker) => worker.state === "ready");
    // A build that a reload refused is still on disk. As long as the former one serves, that is no reason to end.
    if (verdict.giveUp && !(this.#distrusted && serving)) {
      this.#closed = true;
      const { deaths: count, first } = verdict;
      this.#owner.gaveUp(
        coreError("PKT_CLUSTER_CRASH_LOOP", { count, first, window: this.#settings.restartWindow }),
      );
      return;
    }
    const delay = verdict.giveUp ? MAX_BACKOFF : verdict.delay;
    if (delay === 0) return this.#fill();
    this.#log.warn({ worker: slot, delay }, `worker ${slot} is started again in ${delay} ms`);
    const retry = (): void => {
      this.#timers.delete(slot);
      this.#fill();
    };
    this.#timers.set(slot, setTimeout(retry, delay));
  }
}
