/** One readiness check: run at most once in a while, and never for longer than its time. */
import type { Logger } from "@packetron/core";
import type { ReadinessCheck } from "./options.ts";

/** What a check is made of. */
export interface CheckParts {
  readonly name: string;
  readonly run: ReadinessCheck;
  /** In milliseconds. */
  readonly timeout: number;
  /** How long a result counts, in milliseconds. */
  readonly maxAge: number;
  readonly log: Logger;
}

/** Remembers what a check said last. Probes that come while it runs wait for that run: nobody can load a database by asking. */
export class Check {
  readonly #parts: CheckParts;
  #running: Promise<boolean> | null = null;
  #passed = true;
  #validUntil = Number.NEGATIVE_INFINITY;

  constructor(parts: CheckParts) {
    this.#parts = parts;
  }

  /** Whether it passes: at once while the last result counts, else when the run is over. Never rejects. */
  ask(): boolean | Promise<boolean> {
    if (this.#running !== null) return this.#running;
    if (performance.now() < this.#validUntil) return this.#passed;
    this.#running = this.#run();
    return this.#running;
  }

  async #run(): Promise<boolean> {
    let failure: unknown = null;
    try {
      if ((await this.#runInTime()) === false) failure = "it said false";
    } catch (error) {
      failure = error ?? "it threw nothing";
    }
    this.#tell(failure);
    this.#passed = failure === null;
    this.#validUntil = performance.now() + this.#parts.maxAge;
    this.#running = null;
    return this.#passed;
  }

  async #runInTime(): Promise<unknown> {
    const { run, timeout } = this.#parts;
    const control = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const error = new Error(`no answer within ${timeout} ms`);
        reject(error); // before the abort: what the check makes of that is its own affair
        control.abort(error);
      }, timeout);
    });
    try {
      return await Promise.race([run(control.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A line when it begins to fail and when it passes again, not one for each probe. */
  #tell(failure: unknown): void {
    const { name, log } = this.#parts;
    if (failure === null && !this.#passed) log.info({ check: name }, "a readiness check passes again");
    if (failure !== null && this.#passed) {
      const fields =
        failure instanceof Error ? { check: name, err: failure } : { check: name, reason: failure };
      log.warn(fields, "a readiness check fails: this process asks for no more requests");
    }
  }
}
