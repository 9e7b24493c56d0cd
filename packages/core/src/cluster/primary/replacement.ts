/**
 * Replaces a worker by a new one, and no client notices:
 *
 * 1. The primary starts a candidate beside the worker that it is to replace. There is never more than one candidate.
 * 2. The candidate has to become ready within `readyTimeout`, and to stay ready for `minReadyTime` without connections.
 *    So a build that crashes soon after its start does not get a request.
 * 3. The candidate takes the slot and gets connections, and the former worker drains.
 *
 * A failure before step 3 ends only the candidate.
 */

import type { ServerSettings } from "../../config/options.ts";
import { isDeveloping } from "../../config/process-role.ts";
import { coreError } from "../../errors/errors.ts";
import { errorReason } from "../../errors/narrow.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { fromReport, headlineOf, isPrinted } from "../ipc/error-report.ts";
import type { Pool } from "./pool.ts";
import { describeExit, type Exit, type WorkerProcess } from "./worker-process.ts";

/** The time limits of a candidate, in milliseconds. */
export type ReplacementLimits = Pick<ServerSettings, "readyTimeout" | "minReadyTime">;

/** What a replacement needs of the supervisor. */
export interface ReplacementOwner {
  /** Lets every server give the worker connections. */
  admit(worker: WorkerProcess): void;
  /** Drains a worker that has been replaced; resolves when it has exited. */
  drain(worker: WorkerProcess): Promise<void>;
  /** Ends a candidate that has never had a connection; resolves with how it exited. */
  discard(candidate: WorkerProcess): Promise<Exit>;
}

/** Called when a candidate has taken its slot. `former` is the worker that is about to drain. */
type OnTakeover = (former: WorkerProcess | undefined) => void;

type TrialResult = "ready" | "proven" | "late" | "left early" | "left soon";

/** Replaces workers of one pool. Calls are queued, so that one worker is replaced at a time. */
export class Replacement {
  readonly #pool: Pool;
  readonly #owner: ReplacementOwner;
  readonly #limits: ReplacementLimits;
  #last: Promise<unknown> = Promise.resolve();

  constructor(pool: Pool, owner: ReplacementOwner, limits: ReplacementLimits) {
    this.#pool = pool;
    this.#owner = owner;
    this.#limits = limits;
  }

  /**
   * Replaces the worker of a slot; resolves when the former worker has exited.
   *
   * @returns Why the worker was not replaced; `undefined` when it was.
   */
  replace(slot: number, generation: number, onTakeover?: OnTakeover): Promise<string | undefined> {
    const replaced = this.#last.then(() => this.#replace(slot, generation, onTakeover));
    this.#last = replaced;
    return replaced;
  }

  async #replace(slot: number, generation: number, onTakeover?: OnTakeover): Promise<string | undefined> {
    let candidate: WorkerProcess;
    try {
      candidate = this.#pool.startCandidate(slot, generation);
    } catch (error) {
      return `worker ${slot} could not be started: ${errorReason(error)}`;
    }
    const result = await this.#prove(candidate);
    if (result !== "proven") {
      const exit = await this.#owner.discard(candidate);
      return describeFailure(candidate, result, this.#limits, exit);
    }
    this.#owner.admit(candidate);
    const former = this.#pool.promote(candidate);
    onTakeover?.(former);
    if (former !== undefined) await this.#owner.drain(former);
    return undefined;
  }

  async #prove({ ready, left }: WorkerProcess): Promise<TrialResult> {
    const { readyTimeout, minReadyTime } = this.#limits;
    const readyInTime = ready.promise.then((): TrialResult => "ready");
    const leftEarly = left.promise.then((): TrialResult => "left early");
    const start = Promise.race([readyInTime, leftEarly]);
    const result = await withTimeLimit(start, readyTimeout, (): TrialResult => "late");
    if (result !== "ready") return result;
    // A developer waits for the new code, and no client suffers from code that fails soon.
    if (isDeveloping()) return "proven";
    const leftSoon = left.promise.then((): TrialResult => "left soon");
    return await withTimeLimit(leftSoon, minReadyTime, (): TrialResult => "proven");
  }
}

function describeFailure(
  { slot, error }: WorkerProcess,
  result: TrialResult,
  { readyTimeout: timeout, minReadyTime }: ReplacementLimits,
  exit: Exit,
): string {
  if (result === "late") return coreError("PKT_CLUSTER_NOT_READY", { worker: slot, timeout }).message;
  const exitReason = describeExit(exit);
  if (result === "left early") {
    const failure = fromReport(slot, exitReason, error);
    return isPrinted(failure) ? `the error of the new worker is above (${exitReason})` : failure.message;
  }
  const detail = error === undefined ? "" : ` It said: ${headlineOf(error)}`;
  return `Worker ${slot} ended within ${minReadyTime} ms of being ready (${exitReason}).${detail}`;
}
