/** Routes, exchanges and promises to wait for, without a server: for the tests of routing. */
import { Socket } from "node:net";
import { Registry } from "../src/capability/registry.ts";
import { resolveServerSettings } from "../src/config/settings.ts";
import { PacketronRequest } from "../src/message/request.ts";
import { PacketronResponse } from "../src/message/response.ts";
import { createRoute } from "../src/routing/create-route.ts";
import { PacketronRoute } from "../src/routing/route.ts";
import type { RouteOptions } from "../src/routing/route-options.ts";
import type { ParamSink } from "../src/routing/router.ts";

/** A route of a server without capabilities; `remove` is told when its `remove()` is called. */
export function makeRoute(
  options: Partial<RouteOptions> & { readonly routePath: string },
  remove: (route: PacketronRoute) => void = () => undefined,
): PacketronRoute {
  const settings = resolveServerSettings({});
  return createRoute(
    { handler: () => undefined, ...options },
    { registry: new Registry(), settings, routeClass: PacketronRoute, remove },
  );
}

/** A request and its response that no client is behind. */
export function makeExchange(): { request: PacketronRequest; response: PacketronResponse } {
  const request = new PacketronRequest(new Socket());
  return { request, response: new PacketronResponse(request) };
}

/** Takes the parameters that a look-up finds. */
export function makeSink(): ParamSink {
  return { params: {} };
}

/** A promise that the test settles when it wants the code behind it to go on. */
export function makeSignal(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
