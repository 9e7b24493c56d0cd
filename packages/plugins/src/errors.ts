/** The errors of this package, in one table. Invalid options throw core's PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN. */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The codes of this package, each with the facts that its message is made of. */
interface PluginErrors {
  PKT_PLUGIN_HANDLER: { received: string };
  PKT_PLUGIN_PRIORITY: { received: string };
  PKT_PLUGIN_INVALID: { received: string; place: string };
  PKT_PLUGIN_MANAGER: { received: string };
}

/** The codes of this package. */
export type PluginErrorCode = keyof PluginErrors;

/** Makes one of the errors. */
export const pluginError: ErrorFactory<PluginErrors> = defineErrors<PluginErrors>({
  PKT_PLUGIN_HANDLER: {
    message: (f) => `A plugin got ${f.received} as handler, expected a function (request, response).`,
  },
  PKT_PLUGIN_PRIORITY: {
    message: (f) =>
      `A plugin got ${f.received} as priority, expected a finite number such as PacketronPluginPriority.HIGH.`,
  },
  PKT_PLUGIN_INVALID: {
    message: (f) =>
      `${f.place} is ${f.received}, expected a PacketronPlugin. Make one with PacketronPlugin.create({ handler }).`,
  },
  PKT_PLUGIN_MANAGER: {
    message: (f) =>
      `plugin.remove() got ${f.received}, expected server.globalPlugins, route.plugins, or no argument for all managers.`,
  },
});

/** All codes of this package, for docs and tests. */
export const pluginErrorCodes: readonly PluginErrorCode[] = pluginError.codes;
