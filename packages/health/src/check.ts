/** One readiness check: runs the program's function with a time limit, and caches the result for a while. */
import type { Logger } from "@packetron/core";
import type { ReadinessCheck } from "./options.ts";

/** The parts of a check. */
export interface CheckParts {
  readonly name: string;
  readonly run: ReadinessCheck;
  /** How long a run may take, in milliseconds. */
  readonly timeout: number;
  /** How long a result is valid, in milliseconds. */
  readonly maxAge: number;
  readonly log: Logger;
}

/**
 * Caches the last result of a check. Probes that arrive during a run wait for that run, so many probes cannot put load
 * on a database.
 */
export class Check {
  readonly #parts: CheckParts;
  #running: Promise<boolean> | null = null;
  #passed = true;
  #validUntil = Number.NEGATIVE_INFINITY;

  constructor(parts: CheckParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with whether the health check passes: at once while the last result is valid, otherwise after the check
   * has run. Never rejects.
   */
  ask(): boolean | Promise<boolean> {
    if (this.#running !== null) return this.#running;
    if (performance.now() < this.#validUntil) return this.#passed;
    this.#running = this.#run();
    return this.#running;
  }

  async #run(): Promise<boolean> {
    let failure: unknown = null;
    try {
      if ((await this.#runInTime()) === false) failure = "the check returned false";
    } catch (error) {
      failure = error ?? `the check threw ${error}`;
    }
    this.#logChange(failure);
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
        const error = new Error(`the check did not end within ${timeout} ms`);
        reject(error); // before the abort, so that a result or an error that the abort causes comes too late
        control.abort(error);
      }, timeout);
    });
    try {
      return await Promise.race([run(control.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Logs one line when the health check begins to fail and one when it passes again, not one line for each probe. */
  #logChange(failure: unknown): void {
    const { name, log } = this.#parts;
    if (failure === null && !this.#passed) log.info({ check: name }, "a readiness check passes again");
    if (failure !== null && this.#passed) {
      const fields =
        failure instanceof Error ? { check: name, err: failure } : { check: name, reason: failure };
      log.warn(fields, "a readiness check fails: the readiness probe of this process answers 503");
    }
  }
}
