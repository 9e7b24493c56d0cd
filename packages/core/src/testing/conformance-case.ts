/** The cases of conformance suites, and their time limit. */

/**
 * One check of a suite: its name, and the function that runs it. The function rejects when the check fails, mostly with
 * an AssertionError of `node:assert`. Cases are independent, and may run in any order or concurrently.
 *
 * @example
 * // the same with vitest and node:test
 * for (const { name, run } of bodyParserConformance(setup)) test(name, run);
 */
export interface ConformanceCase {
  /** The checked requirement as a sentence, unique in its suite. */
  readonly name: string;
  /** Runs the case; rejects when the requirement is not met. */
  run(): Promise<void>;
}

/** How long a case waits for one answer or one reading by default, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 5_000;

/** Settles like a promise, but rejects after a time limit. `missing` begins the message of that error. @internal */
export async function within<Value>(
  promise: Promise<Value>,
  milliseconds: number,
  missing: string,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${missing} within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
