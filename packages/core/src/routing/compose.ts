/** Composes gates, arounds and a handler into one function, with special cases for no step and for one gate. */
import type { Around, Gate } from "../capability/contract.ts";
import { coreError } from "../errors/errors.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { isThenable } from "../node/thenable.ts";
import type { Handler } from "./route-options.ts";

/** What runs before the handler, or around all that follows it. */
export type Step = Gate | { readonly around: Around };

/**
 * Puts the steps, in the given order, before the handler. The result is synchronous until a gate returns a promise; from
 * then on it returns a promise of the rest. Each around gets the steps that follow it, and the handler, as one function.
 */
export function compose(steps: readonly Step[], handler: Handler): Handler {
  const gates: Gate[] = [];
  for (const [index, step] of steps.entries()) {
    if (typeof step === "function") gates.push(step);
    else return composeGates(gates, composeAround(step.around, compose(steps.slice(index + 1), handler)));
  }
  return composeGates(gates, handler);
}

function composeGates(gates: readonly Gate[], handler: Handler): Handler {
  const [first, ...others] = gates;
  if (first === undefined) return handler;
  return others.length === 0 ? composeOne(first, handler) : composeMany(gates, handler);
}

/** Whether a gate has answered: it returned `true`, or the response has ended. */
function endsChain(result: unknown, response: PacketronResponse): boolean {
  return result === true || response.writableEnded;
}

function composeOne(gate: Gate, handler: Handler): Handler {
  return function oneGate(request, response) {
    const result = gate(request, response);
    if (isThenable(result))
      return result.then((answer) => (endsChain(answer, response) ? undefined : handler(request, response)));
    return endsChain(result, response) ? undefined : handler(request, response);
  };
}

function composeMany(gates: readonly Gate[], handler: Handler): Handler {
  function runFrom(start: number, request: PacketronRequest, response: PacketronResponse): unknown {
    for (let index = start; index < gates.length; index++) {
      const gate = gates[index]; // a call gates[index]() would pass the list as `this`
      const result = gate?.(request, response);
      if (isThenable(result)) {
        return result.then((answer) =>
          endsChain(answer, response) ? undefined : runFrom(index + 1, request, response),
        );
      }
      if (endsChain(result, response)) return undefined;
    }
    return handler(request, response);
  }
  return function manyGates(request, response) {
    return runFrom(0, request, response);
  };
}

/**
 * Gives `rest` to an around. The result is that of the around. If it returns nothing, the result is that of `rest`, so
 * that the promise of a handler is awaited although the around has dropped it.
 */
function composeAround(around: Around, rest: Handler): Handler {
  return function aroundRest(request, response) {
    let inner: unknown;
    let isCalled = false;
    const result = around(request, response, () => {
      if (isCalled) throw coreError("PKT_AROUND_TWICE", { name: around.name || "an around" });
      isCalled = true;
      inner = response.writableEnded ? undefined : rest(request, response);
      return inner;
    });
    return result === undefined ? inner : result;
  };
}
