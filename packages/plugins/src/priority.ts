/** The names of nine priorities. Any other finite number is one too, so that a plugin fits between two of them. */

/**
 * Priorities of plugins: the higher one runs first. `EXTEMELY_LOW` and `EXTEMELY_HIGH` are the names that programs
 * already use and stay for them; the correctly spelt ones are the same numbers.
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
} = Object.freeze({
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
