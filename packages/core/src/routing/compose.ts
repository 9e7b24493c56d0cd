/** Composes gates and a handler into one function, with special cases for no gate and for one gate. */
import type { Gate } from "../capability/contract.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { isThenable } from "../node/thenable.ts";
import type { Handler } from "./route-options.ts";

/**
 * Puts the gates, in the given order, before the handler. The result is synchronous until a gate returns a promise;
 * from then on it returns a promise of the rest.
 */
export function compose(gates: readonly Gate[], handler: Handler): Handler {
  const [first, ...others] = gates;
  if (first === undefined) return handler;
  return others.length === 0 ? composeOne(first, handler) : composeMany([...gates], handler);
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
