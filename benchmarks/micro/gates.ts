/** The cost of gates and arounds, compared with a handler without any. */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Around,
  type Gate,
  GateOrder,
  type PacketronRequest,
  type PacketronResponse,
  type PacketronRoute,
} from "@packetron/core";
import { route as createRoute } from "@packetron/core/capability";
import { compare, makeHost, routeContestant } from "./_measure.ts";

const host = makeHost();
const storage = new AsyncLocalStorage<PacketronRequest>();
let handled = 0;

await compare("gates", "Gates before a handler, arounds around it", [
  routeContestant("no gate", makeRoute(0, makeGate)),
  routeContestant("1 gate", makeRoute(1, makeGate)),
  routeContestant("3 gates", makeRoute(3, makeGate)),
  routeContestant("10 gates", makeRoute(10, makeGate)),
  routeContestant("1 asynchronous gate", makeRoute(1, makeAsyncGate)),
  routeContestant(
    "1 around",
    makeEnclosedRoute((_request, _response, next) => next()),
  ),
  routeContestant("1 around, in an AsyncLocalStorage", makeEnclosedRoute(inStorage)),
]);

function makeRoute(count: number, make: (index: number) => Gate): PacketronRoute {
  const route = createRoute(host, { routePath: "a", handler: () => handled++ });
  for (let index = 0; index < count; index++) host.gate(GateOrder.LOCAL_PLUGINS, make(index), route);
  return route;
}

function makeEnclosedRoute(around: Around): PacketronRoute {
  const route = makeRoute(0, makeGate);
  host.around(GateOrder.EARLY, around, route);
  return route;
}

function inStorage(request: PacketronRequest, _response: PacketronResponse, next: () => unknown): unknown {
  return storage.run(request, next);
}

/** Makes a separate function for each gate, as in a program. */
function makeGate(index: number): Gate {
  return (request) => request.method === `M${index}`;
}

function makeAsyncGate(index: number): Gate {
  return async (request) => request.method === `M${index}`;
}
