/** Interleaved rounds: every contestant has a turn in each, so that a noisy minute of the machine affects all. */
import type { Round } from "./metrics.ts";

/** The number of rounds, and the callback for progress. */
export interface RoundPlan {
  /** The number of rounds without the warm-up. */
  readonly rounds: number;
  /** Whether a warm-up round goes before them. */
  readonly hasWarmup: boolean;
  /** Called before each turn; round 0 is the warm-up. */
  progress(contestant: string, round: number): void;
}

/** Measures every contestant in all rounds. The figures of the warm-up round are dropped. */
export async function measureRounds(
  contestants: readonly string[],
  plan: RoundPlan,
  measureTurn: (contestant: string, round: number) => Promise<Round>,
): Promise<Map<string, Round[]>> {
  const results = new Map(contestants.map((name): [string, Round[]] => [name, []]));
  for (let round = plan.hasWarmup ? 0 : 1; round <= plan.rounds; round++) {
    // Each round begins with another contestant, so that none always follows the one that leaves the most work.
    for (const name of rotate(contestants, round)) {
      plan.progress(name, round);
      const figures = await measureTurn(name, round);
      if (round > 0) results.get(name)?.push(figures);
    }
  }
  return results;
}

/** Rotates a list, so that each turn begins with another item. */
export function rotate<Item>(items: readonly Item[], turn: number): Item[] {
  const start = items.length === 0 ? 0 : turn % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
