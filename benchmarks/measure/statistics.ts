/** The statistics in the reports. */

/** The median, the lowest and the highest value of a series. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The spread of the values; `null` without values. With an even count, the median is the mean of the middle two. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((one, other) => one - other);
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (lowest === undefined || highest === undefined || below === undefined || above === undefined)
    return null;
  return { median: (below + above) / 2, lowest, highest };
}

/** The value that `percent` percent of the values do not exceed, one of the values itself; 0 without values. */
export function percentileOf(values: ArrayLike<number>, percent: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] ?? 0;
}

/**
 * The spread of the ratios of each round. Both figures of a ratio are from the same round, so a slow minute of the
 * machine cancels out. Rounds in which one of the two has no figure are left out.
 */
export function ratiosOf(
  subject: readonly (number | null)[],
  peer: readonly (number | null)[],
): Spread | null {
  const ratios: number[] = [];
  for (const [round, value] of subject.entries()) {
    const other = peer[round];
    if (value !== null && other !== undefined && other !== null && other > 0) ratios.push(value / other);
  }
  return spreadOf(ratios);
}
