/** Composes the gates and arounds of a server or a route, in their order, with the handler. */
import type { Around, Gate } from "../capability/contract.ts";
import { traceHandler } from "../message/traces.ts";
import { compose, type Step } from "./compose.ts";
import type { Handler } from "./route-options.ts";

/** A gate and the number that decides its place. */
export interface OrderedGate {
  /** A value of GateOrder, or a number between two of them; lower runs first. */
  readonly order: number;
  readonly gate: Gate;
  /** The name of the gate in lists of routes; `undefined` for that of its function. */
  readonly name?: string | undefined;
}

/** An around and the number that decides its place. */
export interface OrderedAround {
  /** A value of GateOrder, or a number between two of them; lower is further outside. */
  readonly order: number;
  readonly around: Around;
}

/** A step of a chain: a gate or an around. */
export type OrderedStep = OrderedGate | OrderedAround;

/**
 * Converts the list of gates and arounds into the steps that run for a request. The dispatcher adds its own work to
 * each.
 */
export type ToSteps = (list: readonly OrderedStep[]) => readonly Step[];

/**
 * Gates and arounds before a handler. Each change makes a new function of all; a request in flight continues with the
 * old one.
 */
export class GateChain {
  readonly #handler: Handler;
  readonly #toSteps: ToSteps;
  readonly #wrap: (run: Handler) => Handler;
  #list: readonly OrderedStep[] = [];
  #run: Handler;
  #tracedRun: Handler | null = null;

  /**
   * @param toSteps Returns the steps that run in place of the gates, for example wrapped ones; by default the gates
   *   themselves run.
   * @param wrap Wraps the function of all; by default the function stays as it is.
   */
  constructor(handler: Handler, toSteps: ToSteps = stepsOf, wrap: (run: Handler) => Handler = (run) => run) {
    this.#handler = handler;
    this.#toSteps = toSteps;
    this.#wrap = wrap;
    this.#run = wrap(compose(toSteps([]), handler));
  }

  /** The steps and the handler as one function; the handler itself when there are no steps. */
  get run(): Handler {
    return this.#run;
  }

  /** The same with a handler that publishes to tracing channels. Composed at the first traced request. */
  get tracedRun(): Handler {
    this.#tracedRun ??= this.#wrap(compose(this.#toSteps(this.#list), traceHandler(this.#handler)));
    return this.#tracedRun;
  }

  /** The gates and arounds in the order in which they run. */
  get list(): readonly OrderedStep[] {
    return this.#list;
  }

  /**
   * Adds a gate or an around after those of the same order. Returns a function that removes it; a second call does
   * nothing.
   */
  addStep(step: OrderedStep): () => void {
    const entry: OrderedStep = { ...step }; // the same step may be added twice, and each is removed by its own function
    this.#set([...this.#list, entry].toSorted((one, other) => one.order - other.order));
    return () => this.#set(this.#list.filter((other) => other !== entry));
  }

  #set(list: readonly OrderedStep[]): void {
    this.#list = list;
    this.#tracedRun = null;
    this.#run = this.#wrap(compose(this.#toSteps(list), this.#handler));
  }
}

function stepsOf(list: readonly OrderedStep[]): readonly Step[] {
  return list.map((step) => ("gate" in step ? step.gate : step));
}
