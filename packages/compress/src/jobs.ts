/** Limits the work in the thread pool, which file systems, name look-ups and cryptography of the process share. */

/** Half of Node's pool, which has four threads. */
const RUNNING = 2;

/** The most jobs that wait. Their bodies stay in memory. */
const WAITING = 32;

/** Jobs of one process. */
export class Jobs {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Whether no further job can be taken. */
  get isFull(): boolean {
    return this.#waiting.length >= WAITING;
  }

  /** Runs a job when one of the two places is free, in the order of the calls. */
  async run<Result>(job: () => Promise<Result>): Promise<Result> {
    if (this.#running < RUNNING) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next(); // it takes over this place
    }
  }
}
