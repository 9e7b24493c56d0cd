/**
 * Checks whether a history of concurrent operations on a register is linearizable: is there an order of the operations
 * that a single register could have seen? In this order, an operation that ended before another one began comes first.
 * The search is that of Wing and Gong, with Lowe's memory of the points that were tried.
 */

/** An operation on a register. */
export interface Operation {
  readonly kind: "get" | "set" | "increment";
  /** The value that was read or set, or the result of the increment. Ignored for an increment that did not end. */
  readonly value: number | null;
  readonly began: number;
  /** Infinity when the process was killed: the operation took effect at some time after its begin, or never. */
  readonly ended: number;
}

/** Operations, and whether each one has a place in the order that is being tried. */
interface Pool {
  readonly operations: readonly Operation[];
  readonly placed: boolean[];
}

/** An operation that may be the next in the order. */
interface Choice {
  readonly pool: Pool;
  readonly index: number;
  readonly operation: Operation;
}

/** A point of the search: the state of the register, and the operations that may be next. */
interface Point {
  readonly state: number | null;
  /** Index of the first certain operation without a place. */
  readonly low: number;
  readonly choices: readonly Choice[];
  /** Identifies the point: points with the same key have the same possible continuations. */
  readonly key: string;
  /** Whether the state results from an operation that may not have happened. */
  readonly isDoubtful: boolean;
  /** Number of choices that were tried. The last of them has its place now. */
  tried: number;
}

/** Whether the history of a register, whose first state is `null`, is linearizable. */
export function isLinearizable(history: readonly Operation[]): boolean {
  const certain = createPool(history.filter(({ ended }) => ended !== Infinity));
  const possible = createPool(history.filter(({ ended, kind }) => ended === Infinity && kind !== "get"));
  const seen = new Set<string>();
  const path: Point[] = [];

  // Not recursive: a history of thousands of operations would overflow the call stack.
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

/** Gives the next choice a place, and goes back as far as needed. `undefined` when all choices were tried. */
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
    choice.pool.placed[choice.index] = true; // undone when the search returns to this point
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
 * Creates a point with the operations that may be next. Three rules keep the search small without missing an order:
 * - a read that fits the state changes nothing, so it can be next;
 * - an operation that may not have happened is useful only when the next operation depends on its effect;
 * - increments that may not have happened are interchangeable.
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

/** The certain operations that may be next: those that began before each other operation without a place ended. */
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

/** The state after an operation; `undefined` when the operation is not possible in this state. */
function apply({ kind, value, ended }: Operation, state: number | null): number | null | undefined {
  if (kind === "set") return value;
  if (kind === "get") return value === state ? state : undefined;
  const next = (state ?? 0) + 1;
  return ended === Infinity || value === next ? next : undefined;
}
