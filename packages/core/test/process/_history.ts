/** Checks histories of calls to one key of `server.shared`: whether one order of effects explains all results. */

/** A call, and what is known of its end. */
export interface Operation {
  readonly kind: "get" | "set" | "add" | "update" | "delete";
  /** What a `set` writes, or an `add` adds. */
  readonly value: number;
  /** On a clock that all processes share. */
  readonly start: bigint;
  /** `undefined` when the process was killed, or the call failed: then it may have taken effect at any time, or never. */
  readonly end: bigint | undefined;
  readonly result: unknown;
}

/** The value of the key; `undefined` when it does not exist. */
type State = number | undefined;

/**
 * Whether a history is linearizable: each call takes effect at one moment between its start and its end. Tries the calls
 * that can be next, and remembers what has failed.
 */
export function isLinearizable(history: readonly Operation[]): boolean {
  const operations = history.toSorted((one, other) => ascending(one.start, other.start));
  const failed = new Set<string>();

  function explains(done: bigint, state: State): boolean {
    const left = [...operations.entries()].filter(([index]) => (done & (1n << BigInt(index))) === 0n);
    // A call that starts after another one has ended cannot come before it.
    const [firstEnd] = left.flatMap(([, { end }]) => (end === undefined ? [] : [end])).toSorted(ascending);
    if (firstEnd === undefined) return true;
    const memory = `${done}:${state}`;
    if (failed.has(memory)) return false;
    failed.add(memory);
    return left
      .filter(([, { start }]) => start <= firstEnd)
      .some(([index, operation]) => {
        const effect = effectOf(operation, state);
        return effect !== undefined && explains(done | (1n << BigInt(index)), effect.state);
      });
  }

  return explains(0n, undefined);
}

/** The state after an operation; `undefined` when it could not have had its result. */
function effectOf({ kind, value, end, result }: Operation, state: State): { state: State } | undefined {
  const [next, expected] = {
    get: (): [State, unknown] => [state, state ?? null],
    set: (): [State, unknown] => [value, null],
    add: (): [State, unknown] => [(state ?? 0) + value, (state ?? 0) + value],
    update: (): [State, unknown] => [(state ?? 0) + 1, (state ?? 0) + 1],
    delete: (): [State, unknown] => [undefined, state !== undefined],
  }[kind]();
  return end === undefined || result === expected ? { state: next } : undefined;
}

function ascending(one: bigint, other: bigint): number {
  return one < other ? -1 : 1;
}
