/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import {
  type EndpointOptions,
  type Handler,
  Packetron,
  type PacketronRoute,
  type ServerOptions,
} from "@packetron/core";
import {
  PacketronPlugin,
  type PacketronPluginManager,
  PacketronPluginPriority,
  type PluginHandler,
  plugins,
} from "../src/index.ts";

declare const handler: Handler;
declare const auth: PacketronPlugin;
declare const anyRoute: PacketronRoute;

export function options(): void {
  const server = new Packetron({ capabilities: [plugins()], plugins: [auth] });
  server.handle({ routePath: "users/:id", plugins: [auth], handler: (request) => request.params.id.length });
  const shared: EndpointOptions = { plugins: Object.freeze([auth]) };
  // @ts-expect-error: a list, not one plugin
  const wrong: ServerOptions = { plugins: auth };
  // @ts-expect-error: plugins, not functions
  server.handle({ routePath: "a", plugins: [() => true], handler });
  new Packetron(wrong).handle({ routePath: "a", ...shared, handler });
}

export function managers(server: Packetron): void {
  const global: PacketronPluginManager = server.globalPlugins;
  const local: PacketronPluginManager = server.handle({ routePath: "a", handler }).plugins;
  const order: PacketronPlugin[] = [...anyRoute.plugins];
  const counts: number = global.size + local.insert(auth, ...order).size;
  const same: Packetron = server.insertGlobalPlugin(auth).insertGlobalPlugin(auth);
  const removed: boolean = auth.remove(same.globalPlugins) || auth.remove() || global.remove(auth);
  // @ts-expect-error: `plugins` of a route is read-only
  anyRoute.plugins = global;
  // @ts-expect-error: a server has a manager, but is not a manager
  auth.remove(server);
  // @ts-expect-error: not a plugin
  server.insertGlobalPlugin({ handler, priority: counts, removed });
}

export function making(): void {
  const quiet: PluginHandler = (request, response) => response.setHeader("X-Path", request.path);
  new PacketronPlugin({ handler: quiet });
  PacketronPlugin.create({
    priority: PacketronPluginPriority.EXTEMELY_HIGH,
    handler: async (request, response) => {
      const token: string | null = await request.getCookie("session");
      if (token !== null) return;
      response.sendStatusCode(401);
      return true;
    },
  }).setPriority(PacketronPluginPriority.LOW);
  // @ts-expect-error: a plugin needs a handler
  new PacketronPlugin({ priority: 5 });
  // @ts-expect-error: there is no such priority
  PacketronPlugin.create({ handler, priority: PacketronPluginPriority.HIGHEST });
  // @ts-expect-error: priorities are changed with setPriority()
  auth.priority = 5;
}
