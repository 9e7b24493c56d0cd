/**
 * The capability `plugins()`: plugin managers of the server and its routes, the option `plugins`, LOCAL_PLUGINS_ONLY.
 */
import type { Capability, Packetron, PacketronRoute } from "@packetron/core";
import { GateOrder, optionError, PacketronHandlerFlags } from "@packetron/core/capability";
import { assertPlugin, type PacketronPlugin } from "./plugin.ts";
import { PacketronPluginManager } from "./plugin-manager.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * Global plugins. They run for every request, including requests that no route answers. Only routes with the flag
     * `LOCAL_PLUGINS_ONLY` skip them.
     * @default []
     */
    plugins?: readonly PacketronPlugin[];
  }
  interface EndpointOptions {
    /**
     * Plugins of this endpoint only. They run after the global plugins and the limits, before the handler.
     * @default []
     */
    plugins?: readonly PacketronPlugin[];
  }
  interface Packetron {
    /** The plugins that run for every request, except on routes with the flag `LOCAL_PLUGINS_ONLY`. */
    readonly globalPlugins: PacketronPluginManager;
    /**
     * Adds a plugin for every request, the same as `server.globalPlugins.insert(plugin)`. May be called while the
     * server runs.
     *
     * @throws PKT_PLUGIN_INVALID when the argument is not a plugin.
     * @example
     * server.insertGlobalPlugin(PacketronPlugin.create({ handler: (request) => audit(request.ip) }));
     */
    insertGlobalPlugin(plugin: PacketronPlugin): this;
  }
  interface PacketronRoute {
    /** The plugins of this route only. They can be changed while the server runs. */
    readonly plugins: PacketronPluginManager;
  }
}

/**
 * Adds plugins: the option `plugins` of the constructor and of every endpoint, `server.globalPlugins`,
 * `server.insertGlobalPlugin()`, `route.plugins`, and the flag `LOCAL_PLUGINS_ONLY`. Without plugins, a request runs no
 * code of this package.
 *
 * @example
 * const server = new Packetron({ capabilities: [plugins()], plugins: [auth] });
 * server.handle({ routePath: "login", flags: PacketronHandlerFlags.LOCAL_PLUGINS_ONLY, plugins: [slowDown], handler });
 */
export function plugins(): Capability {
  return {
    name: "@packetron/plugins",
    install(host) {
      const global = new PacketronPluginManager((gate, name) =>
        host.gate(GateOrder.GLOBAL_PLUGINS, gate, undefined, name),
      );
      const local = new WeakMap<PacketronRoute, PacketronPluginManager>();

      function localOf(route: PacketronRoute): PacketronPluginManager {
        const known = local.get(route);
        if (known !== undefined) return known;
        const made = new PacketronPluginManager((gate, name) =>
          host.gate(GateOrder.LOCAL_PLUGINS, gate, route, name),
        );
        local.set(route, made);
        return made;
      }

      host.flag("handler", "LOCAL_PLUGINS_ONLY", PacketronHandlerFlags.LOCAL_PLUGINS_ONLY);
      host.serverOption("plugins", (value = []) => {
        assertList(value);
        global.insert(...value);
      });
      host.routeOption("plugins", (value, route) => {
        assertList(value);
        localOf(route).insert(...value);
      });
      host.extend("server", "globalPlugins", { get: () => global });
      host.extend("server", "insertGlobalPlugin", insertGlobalPlugin);
      host.extend("route", "plugins", {
        get(this: PacketronRoute): PacketronPluginManager {
          return localOf(this);
        },
      });
    },
  };
}

function insertGlobalPlugin(this: Packetron, plugin: PacketronPlugin): Packetron {
  assertPlugin(plugin, "The argument of insertGlobalPlugin()");
  this.globalPlugins.insert(plugin);
  return this;
}

/** Throws PKT_OPTION_INVALID when a value is not an array, and PKT_PLUGIN_INVALID for an entry that is not a plugin. */
function assertList(value: unknown): asserts value is readonly PacketronPlugin[] {
  if (!Array.isArray(value)) throw optionError("plugins", value, "a list of PacketronPlugin such as [auth]");
  for (const [index, plugin] of value.entries()) assertPlugin(plugin, `plugins[${index}]`);
}
