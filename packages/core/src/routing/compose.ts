/** Gates and handler as one function, specialised when a route is registered: none, one and many. */
import type { Gate } from "../capability/contract.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { isThenable } from "../node/thenable.ts";

/** A compiled chain. Synchronous all the way while nothing in it returns a promise; then a promise of the rest. */
export type Stage = (request: PacketronRequest, response: PacketronResponse) => unknown;

/** Puts the gates, in the given order, before the last stage. */
export function compose(gates: readonly Gate[], last: Stage): Stage {
  const [first, ...others] = gates;
  if (first === undefined) return last;
  return others.length === 0 ? composeOne(first, last) : composeMany([...gates], last);
}

/** Whether a gate has answered: `true` says so; a response that has ended does too, whatever the gate returned. */
export function endsChain(result: unknown, response: PacketronResponse): boolean {
  return result === true || response.writableEnded;
}

function composeOne(gate: Gate, last: Stage): Stage {
  return function oneGate(request, response) {
    const result = gate(request, response);
    if (isThenable(result))
      return result.then((answer) => (endsChain(answer, response) ? undefined : last(request, response)));
    return endsChain(result, response) ? undefined : last(request, response);
  };
}

function composeMany(gates: readonly Gate[], last: Stage): Stage {
  function runFrom(start: number, request: PacketronRequest, response: PacketronResponse): unknown {
    for (let index = start; index < gates.length; index++) {
      const gate = gates[index]; // called as gates[index](), it would get the list as its `this`
      const result = gate?.(request, response);
      if (isThenable(result)) {
        return result.then((answer) =>
          endsChain(answer, response) ? undefined : runFrom(index + 1, request, response),
        );
      }
      if (endsChain(result, response)) return undefined;
    }
    return last(request, response);
  }
  return function manyGates(request, response) {
    return runFrom(0, request, response);
  };
}
