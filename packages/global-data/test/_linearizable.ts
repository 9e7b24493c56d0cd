/**
 * A checker of histories in the manner of Wing and Gong, with Lowe's memory of what was tried: is there one order of the
 * operations, in which none comes before another that had ended before it began, that a single register could have seen?
 */

/** An operation on a register. */
export interface Operation {
  readonly kind: "get" | "set" | "increment";
  /** What was read, set, or came of the increment; of no meaning for an increment that did not end. */
  readonly value: number | null;
  readonly began: number;
  /** Infinity for one whose process was killed: it happened at some time after its begin, or not at all. */
  readonly ended: number;
}

/** Operations and which of them have their place in the order that is being tried. */
interface Pool {
  readonly operations: readonly Operation[];
  readonly placed: boolean[];
}

/** An operation that may be next. */
interface Choice {
  readonly pool: Pool;
  readonly index: number;
  readonly operation: Operation;
}

/** A point of the search: the state, and which operations may be next. */
interface Point {
  readonly state: number | null;
  /** All certain operations before this one have their place. */
  readonly low: number;
  readonly choices: readonly Choice[];
  /** Tells the point from all others with another future. */
  readonly key: string;
  /** Whether the state comes from an operation that need not have happened. */
  readonly isDoubtful: boolean;
  /** How many choices have been tried; the last of them is the one that has its place now. */
  tried: number;
}

/** Whether the history of one register, `null` at first, is linearizable. */
export function isLinearizable(history: readonly Operation[]): boolean {
  const certain = createPool(history.filter(({ ended }) => ended !== Infinity));
  const possible = createPool(history.filter(({ ended, kind }) => ended === Infinity && kind !== "get"));
  const seen = new Set<string>();
  const path: Point[] = [];

  // With a stack of its own: a history of thousands of operations would end the call stack.
  let point = createPoint(certain, possible, 0, null, false);
  for (;;) {
    if (point.low === certain.operations.length) return true;
    if (!seen.has(point.key)) path.push(point);
    seen.add(point.key);
    const next = tryNext(path);
    if (next === undefined) return false;
    point = createPoint(certain, possible, path.at(-1)?.low ?? 0, next.state, next.isDoubtful);
  }
}

/** Gives the next choice its place, going back as far as needed; `undefined` when everything was tried. */
function tryNext(path: Point[]): Pick<Point, "state" | "isDoubtful"> | undefined {
  for (let point = path.at(-1); point !== undefined; point = path.at(-1)) {
    const last = point.choices[point.tried - 1];
    if (last !== undefined) last.pool.placed[last.index] = false;
    const choice = point.choices[point.tried++];
    if (choice === undefined) {
      path.pop();
      continue;
    }
    const state = apply(choice.operation, point.state);
    choice.pool.placed[choice.index] = true; // taken back when the point is looked at again
    if (state !== undefined) return { state, isDoubtful: choice.operation.ended === Infinity };
  }
  return undefined;
}

function createPool(operations: readonly Operation[]): Pool {
  return {
    operations: operations.toSorted((one, other) => one.began - other.began),
    placed: operations.map(() => false),
  };
}

/**
 * What may be next. Three things keep the search small and miss no order:
 * - a read that fits changes nothing, so it may as well be next;
 * - an operation that need not have happened is of use only when the next one sees what it did;
 * - among increments that need not have happened, one is as good as another.
 */
function createPoint(
  certain: Pool,
  possible: Pool,
  from: number,
  state: number | null,
  isDoubtful: boolean,
): Point {
  let low = from;
  while (certain.placed[low] === true) low++;
  const open = openOperations(certain, low);
  const deadline = Math.min(...open.map(({ operation }) => operation.ended));
  const doubtful = possible.operations
    .map((operation, index) => ({ pool: possible, index, operation }))
    .filter(({ index, operation }) => operation.began <= deadline && possible.placed[index] !== true);
  const key = [low, ...open, "or", ...doubtful, state, isDoubtful].map(toKey).join(" ");

  const fitting = open.find(({ operation }) => operation.kind === "get" && operation.value === state);
  const increment = doubtful.find(({ operation }) => operation.kind === "increment");
  const isUseful = (choice: Choice): boolean =>
    choice.operation.kind === "set" ? !isDoubtful : choice.pool === certain || choice === increment;
  const choices = fitting === undefined ? [...open, ...doubtful].filter(isUseful) : [fitting];
  return { state, low, choices, key, isDoubtful, tried: 0 };
}

/** Whatever is next must have begun before any other one ended. */
function openOperations(certain: Pool, low: number): Choice[] {
  const open: Choice[] = [];
  let deadline = Infinity;
  for (let index = low; index < certain.operations.length; index++) {
    const operation = certain.operations[index];
    if (operation === undefined || operation.began > deadline) break;
    if (certain.placed[index] === true) continue;
    open.push({ pool: certain, index, operation });
    deadline = Math.min(deadline, operation.ended);
  }
  return open;
}

function toKey(part: Choice | string | number | boolean | null): string {
  return typeof part === "object" && part !== null ? String(part.index) : String(part);
}

/** The state after an operation; `undefined` when it cannot have happened then. */
function apply({ kind, value, ended }: Operation, state: number | null): number | null | undefined {
  if (kind === "set") return value;
  if (kind === "get") return value === state ? state : undefined;
  const next = (state ?? 0) + 1;
  return ended === Infinity || value === next ? next : undefined;
}
