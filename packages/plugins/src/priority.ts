/** Names for nine priorities of plugins. Any other finite number is valid, too, so that a plugin fits between two. */
import { defineConstants } from "@packetron/core/capability";

/**
 * Priorities of plugins: plugins with a higher priority run first. Programs already use the misspelt names
 * `EXTEMELY_LOW` and `EXTEMELY_HIGH`, so they stay; the correctly spelt names have the same values.
 *
 * @example
 * PacketronPlugin.create({ priority: PacketronPluginPriority.HIGH, handler });
 */
export const PacketronPluginPriority: {
  readonly EXTEMELY_LOW: 0;
  readonly EXTREMELY_LOW: 0;
  readonly VERY_LOW: 1;
  readonly LOW: 2;
  readonly MEDIUM_LOW: 3;
  readonly MEDIUM: 4;
  readonly MEDIUM_HIGH: 5;
  readonly HIGH: 6;
  readonly VERY_HIGH: 7;
  readonly EXTEMELY_HIGH: 8;
  readonly EXTREMELY_HIGH: 8;
} = defineConstants("PacketronPluginPriority", {
  EXTEMELY_LOW: 0,
  EXTREMELY_LOW: 0,
  VERY_LOW: 1,
  LOW: 2,
  MEDIUM_LOW: 3,
  MEDIUM: 4,
  MEDIUM_HIGH: 5,
  HIGH: 6,
  VERY_HIGH: 7,
  EXTEMELY_HIGH: 8,
  EXTREMELY_HIGH: 8,
});
