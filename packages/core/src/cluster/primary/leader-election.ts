/**
 * Which worker leads one server: the oldest of the newest generation that has connections. It leads until it drains or
 * dies, and the next one is chosen when its tasks have ended or the process is gone, never before. So two never lead at
 * once, and while a task does not end nobody does.
 */

/** What is asked of a worker that may lead. */
export interface Candidate {
  readonly generation: number;
  /** When its process was started, in milliseconds. */
  readonly born: number;
}

/** Chooses the leader of one server, in the primary. */
export class LeaderElection<Worker extends Candidate> {
  readonly #candidates: () => readonly Worker[];
  readonly #appoint: (worker: Worker) => void;
  /** Leads, or has not said yet that its tasks have ended. */
  #leader: Worker | undefined;
  #closed = false;

  /**
   * @param candidates Workers that are ready and do not drain.
   * @param appoint Tells the worker that it leads.
   */
  constructor(candidates: () => readonly Worker[], appoint: (worker: Worker) => void) {
    this.#candidates = candidates;
    this.#appoint = appoint;
  }

  /** A worker is ready, which may be the first one. */
  elect(): void {
    if (this.#leader !== undefined || this.#closed) return;
    const [first] = [...this.#candidates()].sort(bySeniority);
    this.#leader = first;
    if (first !== undefined) this.#appoint(first);
  }

  /** The worker's tasks have ended, or the worker is dead. */
  yielded(worker: Worker): void {
    if (this.#leader !== worker) return;
    this.#leader = undefined;
    this.elect();
  }

  /** The server stops: nobody leads after this one. */
  close(): void {
    this.#closed = true;
  }
}

function bySeniority(one: Candidate, other: Candidate): number {
  return other.generation - one.generation || one.born - other.born;
}
