/** What a conformance suite is made of. */

/**
 * One check of a suite: a sentence, and the function that makes the check. It rejects when the check fails, with an
 * error of `node:assert` in most cases. Cases are independent and may run in any order, also side by side.
 *
 * @example
 * // vitest, and in the same words node:test
 * for (const { name, run } of bodyParserConformance(setup)) test(name, run);
 */
export interface ConformanceCase {
  /** What has to hold, as a sentence; unique in its suite. */
  readonly name: string;
  /** Makes the check. */
  run(): Promise<void>;
}

/** How long a case waits for one answer or one reading, in milliseconds, unless a setup says otherwise. */
export const PATIENCE = 5_000;

/** Rejects when a promise has not settled in time; the sentence says what did not come. @internal */
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
