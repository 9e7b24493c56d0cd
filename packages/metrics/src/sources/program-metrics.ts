/** The metrics of the program as the primary sees it: workers, restarts, reloads. */
import type { CapabilityHost } from "@packetron/core";
import { programStatus, type WorkerState, type WorkerStatus } from "@packetron/core/capability";
import type { FamilyReport } from "../series/families.ts";
import { type Reading, reading } from "../series/metric-list.ts";

/** A worker process that has reported. */
export interface KnownProcess {
  readonly pid: number;
  readonly worker: number;
}

const STATES: readonly WorkerState[] = ["starting", "trial", "ready", "draining"];

/** Reads the metrics of one program. */
export class ProgramMetrics {
  readonly #host: CapabilityHost;
  /** The most restarts that each slot was seen with: a slot without a worker at the moment is not in the status. */
  readonly #restarts = new Map<number, number>();

  constructor(host: CapabilityHost) {
    this.#host = host;
  }

  /**
   * Reads the metrics.
   *
   * @param running The processes that run and have reported.
   * @param stale Those of them that have not answered this scrape in time, so that their last values are used.
   */
  read(running: readonly KnownProcess[], stale: readonly KnownProcess[]): FamilyReport[] {
    const status = programStatus(this.#host);
    if (status === undefined) return [];
    const { workers, generation } = status;
    const states = STATES.map((state): Reading => [{ state }, countOf(workers, state)]);
    const numbers = [...new Set(running.map(({ worker }) => worker))].toSorted((one, other) => one - other);
    const staleness = numbers.map((number): Reading => {
      const isStale = stale.some(({ worker }) => worker === number);
      return [{ worker: String(number) }, isStale ? 1 : 0];
    });
    return [
      reading("gauge", "packetron_workers", "Worker processes by state.", states),
      reading(
        "counter",
        "packetron_worker_restarts_total",
        "Workers that had ended by themselves and were replaced.",
        [[{}, this.#countRestarts(workers)]],
      ),
      reading(
        "gauge",
        "packetron_generation",
        "The generation of workers that serves. A reload starts the next one.",
        [[{}, generation]],
      ),
      reading(
        "gauge",
        "packetron_worker_stale",
        "1 for a worker that has not answered the scrape in time, so that its last values are used.",
        staleness,
      ),
    ];
  }

  #countRestarts(workers: readonly WorkerStatus[]): number {
    for (const { id, restarts } of workers)
      this.#restarts.set(id, Math.max(this.#restarts.get(id) ?? 0, restarts));
    return [...this.#restarts.values()].reduce((sum, count) => sum + count, 0);
  }
}

function countOf(workers: readonly WorkerStatus[], state: WorkerState): number {
  return workers.filter((worker) => worker.state === state).length;
}
