/**
 * Elects the worker that leads one server and runs its `onLeader()` tasks: the oldest worker of the newest generation
 * among the workers that serve. A worker leads until it drains or exits. The next leader is elected once the former
 * leader's tasks have ended or its process has exited. So two workers never lead at once, and a task that does not end
 * keeps other workers from leading.
 */
import { Tokens } from "../../shared/tokens.ts";

/** The properties of a worker by which the election chooses. */
export interface Electable {
  readonly generation: number;
  /** When the worker was started, in milliseconds of a clock that never steps back. */
  readonly startedMonotonic: number;
}

/** Elects the leader of one server; runs in the primary. */
export class LeaderElection<Worker extends Electable> {
  readonly #electable: () => readonly Worker[];
  readonly #appoint: (worker: Worker, token: bigint) => void;
  readonly #tokens = new Tokens();
  /** The worker that leads, or that drains while its tasks have not ended yet. */
  #leader: Worker | undefined;
  #closed = false;

  /**
   * @param electable Returns the workers that are ready and do not drain.
   * @param appoint Makes a worker the leader, with a token that is larger than that of each former leader.
   */
  constructor(electable: () => readonly Worker[], appoint: (worker: Worker, token: bigint) => void) {
    this.#electable = electable;
    this.#appoint = appoint;
  }

  /** Elects a leader unless a worker leads already. To be called when a worker becomes ready. */
  elect(): void {
    if (this.#leader !== undefined || this.#closed) return;
    const [first] = [...this.#electable()].sort(bySeniority);
    this.#leader = first;
    if (first !== undefined) this.#appoint(first, this.#tokens.next());
  }

  /** Records that a worker no longer leads, because its tasks have ended or it has exited. */
  released(worker: Worker): void {
    if (this.#leader !== worker) return;
    this.#leader = undefined;
    this.elect();
  }

  /** Stops further elections, because the server stops. */
  close(): void {
    this.#closed = true;
  }
}

function bySeniority(one: Electable, other: Electable): number {
  return other.generation - one.generation || one.startedMonotonic - other.startedMonotonic;
}
