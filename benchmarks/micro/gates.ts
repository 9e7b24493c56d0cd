/** The cost of a chain of gates, compared with a handler without gates. */
import { type Gate, GateOrder, type PacketronRoute } from "@packetron/core";
import { route as createRoute } from "@packetron/core/capability";
import { compare, makeHost, routeContestant } from "./_measure.ts";

const host = makeHost();
let handled = 0;

await compare("gates", "Gates before a handler", [
  routeContestant("no gate", makeRoute(0, makeGate)),
  routeContestant("1 gate", makeRoute(1, makeGate)),
  routeContestant("3 gates", makeRoute(3, makeGate)),
  routeContestant("10 gates", makeRoute(10, makeGate)),
  routeContestant("1 asynchronous gate", makeRoute(1, makeAsyncGate)),
]);

function makeRoute(count: number, make: (index: number) => Gate): PacketronRoute {
  const route = createRoute(host, { routePath: "a", handler: () => handled++ });
  for (let index = 0; index < count; index++) host.gate(GateOrder.LOCAL_PLUGINS, make(index), route);
  return route;
}

/** Makes a separate function for each gate, as in a program. */
function makeGate(index: number): Gate {
  return (request) => request.method === `M${index}`;
}

function makeAsyncGate(index: number): Gate {
  return async (request) => request.method === `M${index}`;
}
