/** Every error that is this package's own, in one table; wrong options have core's PKT_OPTION_INVALID and _UNKNOWN. */
import { PacketronError } from "@packetron/core";

/** The codes of this package. */
export type PluginErrorCode =
  | "PKT_PLUGIN_HANDLER"
  | "PKT_PLUGIN_PRIORITY"
  | "PKT_PLUGIN_INVALID"
  | "PKT_PLUGIN_MANAGER";

/** Each takes what arrived, and where it arrived if there is more than one place. */
const messages: Readonly<Record<PluginErrorCode, (received: string, place: string) => string>> = {
  PKT_PLUGIN_HANDLER: (received) =>
    `A plugin got ${received} as handler, expected a function (request, response).`,
  PKT_PLUGIN_PRIORITY: (received) =>
    `A plugin got ${received} as priority, expected a finite number such as PacketronPluginPriority.HIGH.`,
  PKT_PLUGIN_INVALID: (received, place) =>
    `${place} is ${received}, expected a PacketronPlugin. Make one with PacketronPlugin.create({ handler }).`,
  PKT_PLUGIN_MANAGER: (received) =>
    `plugin.remove() got ${received}, expected server.globalPlugins, route.plugins, or no argument for all managers.`,
};

/** All codes of this package, for docs and tests. */
export const pluginErrorCodes: readonly PluginErrorCode[] = Object.freeze(
  Object.keys(messages).filter(isPluginErrorCode),
);

/** Makes one of the errors; the received value is described, never quoted at length. */
export function pluginError(code: PluginErrorCode, received: unknown, place = ""): PacketronError {
  return new PacketronError(code, messages[code](describe(received), place));
}

/** A value in words: `a function`, `an array`, `"high"`, `NaN`. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}

function isPluginErrorCode(code: string): code is PluginErrorCode {
  return code in messages;
}
