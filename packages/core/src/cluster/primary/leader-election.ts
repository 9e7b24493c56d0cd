/**
 * Which worker leads one server: the oldest worker of the newest generation that has connections. It leads until it drains
 * or exits. The next leader is elected when its tasks have ended or its process has exited, never before. So two workers
 * never lead at once, and while a task does not end, no other worker leads.
 */

/** What the election compares. */
export interface Electable {
  readonly generation: number;
  /** When its process was started, in milliseconds of a clock that never steps back. */
  readonly startedMonotonic: number;
}

/** Elects the leader of one server, in the primary. */
export class LeaderElection<Worker extends Electable> {
  readonly #electable: () => readonly Worker[];
  readonly #appoint: (worker: Worker) => void;
  /** The worker that leads, or whose tasks have not ended yet. */
  #leader: Worker | undefined;
  #closed = false;

  /**
   * @param electable Gives the workers that are ready and do not drain.
   * @param appoint Makes the worker lead.
   */
  constructor(electable: () => readonly Worker[], appoint: (worker: Worker) => void) {
    this.#electable = electable;
    this.#appoint = appoint;
  }

  /** Elects a leader if there is none; to be called when a worker becomes ready. */
  elect(): void {
    if (this.#leader !== undefined || this.#closed) return;
    const [first] = [...this.#electable()].sort(bySeniority);
    this.#leader = first;
    if (first !== undefined) this.#appoint(first);
  }

  /** Records that the worker leads no more: its tasks have ended, or it has exited. */
  released(worker: Worker): void {
    if (this.#leader !== worker) return;
    this.#leader = undefined;
    this.elect();
  }

  /** Elects no further leader: the server stops. */
  close(): void {
    this.#closed = true;
  }
}

function bySeniority(one: Electable, other: Electable): number {
  return other.generation - one.generation || one.startedMonotonic - other.startedMonotonic;
}
