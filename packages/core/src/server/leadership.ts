/**
 * Whether the tasks of `onLeader()` run in this process. The program elects one process. With services for several machines,
 * the elected processes of all programs contend for a lock, and its holder leads.
 */
import type { SharedServices } from "../capability/shared-services.ts";
import type { LeaderTask, LeaderTasks } from "../cluster/process/leader-tasks.ts";
import type { Logger } from "../log/logger.ts";
import { createDeferred } from "../node/deferred.ts";
import { withTimeLimit } from "../node/time-limit.ts";
import { HeldLock } from "../shared/held-lock.ts";

const LOCK_NAME = "packetron:leader";
/** How long the leader of another machine that was killed keeps others from leading, in milliseconds. */
const LOCK_TTL = 10_000;
/** How often a process that is elected at home asks for the lock, in milliseconds. */
const ATTEMPT_INTERVAL = 2_000;

/** Runs the leader's tasks while this process leads. */
export class Leadership {
  readonly #tasks: LeaderTasks;
  readonly #services: () => SharedServices;
  readonly #log: Logger;
  /** Resolves when this process has to release the leadership. */
  readonly #ending = createDeferred<void>();
  /** The token of the election at home; `undefined` while this process is not elected. */
  #token: bigint | undefined;
  #contest: Promise<void> | undefined;
  #isEnding = false;

  constructor(tasks: LeaderTasks, services: () => SharedServices, log: Logger) {
    this.#tasks = tasks;
    this.#services = services;
    this.#log = log;
  }

  add(task: LeaderTask): void {
    this.#tasks.add(task);
    this.#contend();
  }

  /** Records that the program has elected this process. */
  acquire(token: bigint): void {
    if (this.#isEnding) return;
    this.#token = token;
    if (this.#services().scope === "program") this.#tasks.begin(token);
    else this.#contend();
  }

  /** Ends the tasks, then lets another process lead. Returns whether the tasks have ended within `timeoutMs`. */
  async release(timeoutMs: number): Promise<boolean> {
    this.#isEnding = true;
    this.#ending.resolve();
    const haveEnded = await this.#tasks.end(timeoutMs);
    // The lock of tasks that still run is not released: it ends with its ttl, when this process has exited.
    if (haveEnded) await this.#contest;
    return haveEnded;
  }

  /** Contends for the lock of all machines. A server without tasks needs none. */
  #contend(): void {
    if (this.#token === undefined || this.#tasks.isEmpty || this.#services().scope === "program") return;
    this.#contest ??= this.#leadInTurn();
  }

  async #leadInTurn(): Promise<void> {
    while (!this.#isEnding) {
      // A store that is down is asked again; until it answers, this process does not lead.
      const lock = await this.#services()
        .locks.acquire(LOCK_NAME, LOCK_TTL)
        .catch(() => null);
      if (lock === null) await withTimeLimit(this.#ending.promise, ATTEMPT_INTERVAL, () => {});
      else await this.#lead(new HeldLock(lock, LOCK_NAME, LOCK_TTL));
    }
  }

  async #lead(held: HeldLock): Promise<void> {
    this.#log.info({}, "this process leads the programs of all machines");
    this.#tasks.begin(held.token);
    const lost = new Promise<void>((resolve) => held.signal.addEventListener("abort", () => resolve()));
    await Promise.race([lost, this.#ending.promise]);
    if (!this.#isEnding) this.#log.warn({}, "this process no longer leads: its lease could not be renewed");
    await this.#tasks.interrupt();
    await held.release();
  }
}
