/**
 * The public names of @packetron/plugins.
 *
 * @module
 */
export { plugins } from "./plugins.ts";
export { PacketronPlugin, type PacketronPluginOptions, type PluginHandler } from "./plugin.ts";
export type { PacketronPluginManager } from "./plugin-manager.ts";
export { PacketronPluginPriority } from "./priority.ts";
export { type PluginErrorCode, pluginErrorCodes } from "./errors.ts";
