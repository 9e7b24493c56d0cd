/** The cost of a synchronous plugin: one gate for each plugin, compared with one gate that loops over all. */
import {
  type Gate,
  GateOrder,
  type PacketronRequest,
  type PacketronResponse,
  type PacketronRoute,
} from "@packetron/core";
import { route as createRoute } from "@packetron/core/capability";
import { PacketronPlugin, plugins } from "@packetron/plugins";
import { compare, makeHost, routeContestant } from "./_measure.ts";

const host = makeHost(plugins());
let handled = 0;

await compare("plugins", "Synchronous plugins of a route", [
  routeContestant("no plugin", makeRoute(0)),
  routeContestant("1 plugin: a gate for each", makeRoute(1)),
  routeContestant("1 plugin: a gate that loops", makeLoopingRoute(1)),
  routeContestant("3 plugins: a gate for each", makeRoute(3)),
  routeContestant("3 plugins: a gate that loops", makeLoopingRoute(3)),
]);

/** A route with one gate for each plugin, like the package. */
function makeRoute(count: number): PacketronRoute {
  return createRoute(host, { routePath: "a", plugins: makePlugins(count), handler: () => handled++ });
}

/** A route with one gate that loops over all plugins. */
function makeLoopingRoute(count: number): PacketronRoute {
  const route = makeRoute(0);
  host.gate(GateOrder.LOCAL_PLUGINS, loopOver(makePlugins(count).map(({ handler }) => handler)), route);
  return route;
}

/** Makes plugins with separate functions, as in a program. */
function makePlugins(count: number): PacketronPlugin[] {
  return Array.from({ length: count }, (_, index) =>
    PacketronPlugin.create({ handler: (request) => request.method === `M${index}` }),
  );
}

function loopOver(handlers: readonly Gate[]): Gate {
  function runFrom(start: number, request: PacketronRequest, response: PacketronResponse): unknown {
    for (let index = start; index < handlers.length; index++) {
      const result = handlers[index]?.(request, response);
      if (result === true || response.writableEnded) return true;
      if (result instanceof Promise) {
        const goOn = (answer: unknown): unknown => answer === true || runFrom(index + 1, request, response);
        return result.then(goOn);
      }
    }
    return false;
  }
  return (request, response) => runFrom(0, request, response);
}
