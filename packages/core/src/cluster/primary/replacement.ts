/**
 * One worker takes the place of another that serves, and no connection notices:
 *
 * 1. The successor is started beside the one that it is to replace; there is never more than one at a time.
 * 2. It has to get ready within `readyTimeout`, and then to last for `minReadyTime` without getting a connection: what
 *    fails by itself, fails before it can harm a request.
 * 3. It gets connections, and the former one drains.
 *
 * Whatever goes wrong before 3 is the end of the successor alone.
 */

import type { ServerSettings } from "../../config/options.ts";
import { isDeveloping } from "../../config/process-role.ts";
import { coreError } from "../../errors/errors.ts";
import { errorReason } from "../../errors/narrow.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { fromReport, headlineOf } from "../ipc/error-report.ts";
import type { Pool } from "./pool.ts";
import { type Death, tellDeath, type WorkerProcess } from "./worker-process.ts";

/** How long a successor has to last under `packetron dev`, in milliseconds: the developer waits for it. */
const DEV_TRIAL = 100;

/** The settings that a succession depends on; milliseconds. */
export type SuccessionLimits = Pick<ServerSettings, "readyTimeout" | "minReadyTime">;

/** What a succession needs of the supervisor. */
export interface SuccessionOwner {
  /** The worker gets connections from now on. */
  admit(worker: WorkerProcess): void;
  /** Lets a worker that has been replaced drain and end. */
  release(worker: WorkerProcess): Promise<void>;
  /** Ends a worker that never got a connection; resolves with how it ended. */
  dismiss(worker: WorkerProcess): Promise<Death>;
}

/** Successions of one pool, one after the other whoever asks. */
export class Succession {
  readonly #pool: Pool;
  readonly #owner: SuccessionOwner;
  readonly #limits: SuccessionLimits;
  #last: Promise<unknown> = Promise.resolve();

  constructor(pool: Pool, owner: SuccessionOwner, limits: SuccessionLimits) {
    this.#pool = pool;
    this.#owner = owner;
    this.#limits = limits;
  }

  /**
   * Replaces the worker of a slot; resolves when the former one has ended.
   *
   * @returns Why it did not come to it, or nothing.
   */
  replace(slot: number, generation: number, proved: Proved): Promise<string | undefined> {
    const replaced = this.#last.then(() => this.#replace(slot, generation, proved));
    this.#last = replaced;
    return replaced;
  }

  async #replace(slot: number, generation: number, proved: Proved): Promise<string | undefined> {
    let successor: WorkerProcess;
    try {
      successor = this.#pool.startSuccessor(slot, generation);
    } catch (error) {
      return `worker ${slot} could not be started: ${errorReason(error)}`;
    }
    const outcome = await this.#tryOut(successor);
    if (outcome !== "well")
      return tellFailure(successor, outcome, this.#limits, await this.#owner.dismiss(successor));
    this.#owner.admit(successor);
    const former = this.#pool.promote(successor);
    proved(former);
    if (former !== undefined) await this.#owner.release(former);
    return undefined;
  }

  async #tryOut(successor: WorkerProcess): Promise<Outcome> {
    const { readyTimeout, minReadyTime } = this.#limits;
    const ready = successor.ready.promise.then((): Outcome => "ready");
    const leftEarly = successor.left.promise.then((): Outcome => "left early");
    const start = await withTimeLimit(Promise.race([ready, leftEarly]), readyTimeout, (): Outcome => "late");
    if (start !== "ready") return start;
    const trialTime = isDeveloping() ? Math.min(DEV_TRIAL, minReadyTime) : minReadyTime;
    const leftSoon = successor.left.promise.then((): Outcome => "left soon");
    return await withTimeLimit(leftSoon, trialTime, (): Outcome => "well");
  }
}

/** Told that the successor has taken over; `former` is about to drain. */
type Proved = (former: WorkerProcess | undefined) => void;

type Outcome = "ready" | "well" | "late" | "left early" | "left soon";

function tellFailure(
  { slot, report }: WorkerProcess,
  outcome: Outcome,
  { readyTimeout: timeout, minReadyTime }: SuccessionLimits,
  death: Death,
): string {
  if (outcome === "late") return coreError("PKT_CLUSTER_NOT_READY", { worker: slot, timeout }).message;
  const manner = tellDeath(death);
  if (outcome === "left early") return fromReport(slot, manner, report).message;
  const words = report === undefined ? "" : ` It said: ${headlineOf(report)}`;
  return `Worker ${slot} ended within ${minReadyTime} ms of being ready (${manner}).${words}`;
}
