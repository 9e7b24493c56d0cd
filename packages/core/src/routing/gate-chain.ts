/** Composes the gates (functions before the handler) of a server or a route, in their order, with the handler. */
import type { Gate } from "../capability/contract.ts";
import { compose } from "./compose.ts";
import type { Handler } from "./route-options.ts";

/** A gate and the number that decides its place. */
export interface OrderedGate {
  /** A value of GateOrder, or a number between two of them; lower runs first. */
  readonly order: number;
  readonly gate: Gate;
}

/**
 * Converts the list of gates into the functions that run for a request. The dispatcher adds its own work to each gate.
 */
export type ToSteps = (gates: readonly OrderedGate[]) => readonly Gate[];

/** Gates before a handler. Each change makes a new function of both; a request in flight continues with the old one. */
export class GateChain {
  readonly #handler: Handler;
  readonly #toSteps: ToSteps;
  #gates: readonly OrderedGate[] = [];
  #run: Handler;

  /**
   * @param toSteps Returns the functions that run in place of the gates, for example wrapped ones; by default the gates
   *   themselves run.
   */
  constructor(handler: Handler, toSteps: ToSteps = gatesOf) {
    this.#handler = handler;
    this.#toSteps = toSteps;
    this.#run = compose(toSteps([]), handler);
  }

  /** The steps and the handler as one function; the handler itself when there are no steps. */
  get run(): Handler {
    return this.#run;
  }

  /** The gates in the order in which they run. */
  get list(): readonly OrderedGate[] {
    return this.#gates;
  }

  /**
   * Adds a gate after the gates of the same order. Returns a function that removes the gate; a second call does
   * nothing.
   */
  add(order: number, gate: Gate): () => void {
    const entry: OrderedGate = { order, gate };
    this.#set([...this.#gates, entry].toSorted((one, other) => one.order - other.order));
    return () => this.#set(this.#gates.filter((other) => other !== entry));
  }

  #set(gates: readonly OrderedGate[]): void {
    this.#gates = gates;
    this.#run = compose(this.#toSteps(gates), this.#handler);
  }
}

function gatesOf(gates: readonly OrderedGate[]): readonly Gate[] {
  return gates.map(({ gate }) => gate);
}
