/** The record of how the workers of a pool ended. The restart policy judges it, and status reports count from it. */
import {
  judgeRestart,
  type RestartLimits,
  trialsLeft,
  trimHistory,
  type Verdict,
  type WorkerEnd,
} from "./restart-policy.ts";

/** What a pool knows about the end of a worker. */
export interface Ending extends Pick<WorkerEnd, "slot" | "killed" | "othersServe" | "reason"> {
  /** When the worker became ready, on the clock of `performance.now()`; `undefined` if it never was. */
  readonly readyAt: number | undefined;
}

/** Records ends of workers, and which slots have had no ready worker since. */
export class WorkerEnds {
  readonly #limits: RestartLimits;
  #history: WorkerEnd[] = [];
  /** How often each slot got a new worker because its old worker had ended or was about to end. */
  readonly #restarts = new Map<number, number>();
  readonly #vacant = new Set<number>();

  constructor(limits: RestartLimits) {
    this.#limits = limits;
  }

  /** Records an end that happens now. */
  record({ readyAt, ...ending }: Ending): WorkerEnd {
    const at = performance.now();
    const end = { ...ending, at, readyFor: readyAt === undefined ? undefined : at - readyAt };
    this.#history = [...trimHistory(this.#history, this.#limits, at), end];
    return end;
  }

  /** Returns the verdict on the end that was recorded last. The slot of that end counts as restarted. */
  judge({ slot }: WorkerEnd): Verdict {
    this.#restarts.set(slot, this.restartsOf(slot) + 1);
    this.#vacant.add(slot);
    return judgeRestart(this.#history, this.#limits);
  }

  restartsOf(slot: number): number {
    return this.#restarts.get(slot) ?? 0;
  }

  /** How many workers may be starting while none is ready. */
  trialsLeft(): number {
    return trialsLeft(this.#history, this.#limits, performance.now());
  }

  /** Records that the slot has a ready worker. Returns whether the worker before it had ended by itself. */
  refill(slot: number): boolean {
    return this.#vacant.delete(slot);
  }
}
