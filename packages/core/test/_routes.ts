/** Helpers for tests of routing without a server: routes, exchanges and promises. */
import { Socket } from "node:net";
import { Registry } from "../src/capability/registry.ts";
import { resolveServerSettings } from "../src/config/settings.ts";
import { PacketronRequest } from "../src/message/request.ts";
import { PacketronResponse } from "../src/message/response.ts";
import { createRoute } from "../src/routing/create-route.ts";
import { HandlerTimeouts } from "../src/routing/handler-timeout.ts";
import { PacketronRoute } from "../src/routing/route.ts";
import type { RouteOptions } from "../src/routing/route-options.ts";
import type { ParamSink } from "../src/routing/router.ts";

/** Makes a route of a server without capabilities. `remove` is called when the route is removed. */
export function makeRoute(
  options: Partial<RouteOptions> & { readonly routePath: string },
  remove: (route: PacketronRoute) => void = () => undefined,
): PacketronRoute {
  const settings = resolveServerSettings({});
  return createRoute(
    { handler: () => undefined, ...options },
    {
      registry: new Registry(),
      settings,
      defaultFlags: 0,
      defaultTimeout: 0,
      timeouts: new HandlerTimeouts(),
      routeClass: PacketronRoute,
      remove,
    },
  );
}

/** Makes a request and its response without a client. */
export function makeExchange(): { request: PacketronRequest; response: PacketronResponse } {
  const request = new PacketronRequest(new Socket());
  return { request, response: new PacketronResponse(request) };
}

/** Makes an object that receives the parameters of a look-up. */
export function makeSink(): ParamSink {
  return { params: {} };
}

/** Makes a promise that the test resolves to let waiting code continue. */
export function makeSignal(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
