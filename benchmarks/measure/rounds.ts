/** Rounds: everybody takes a turn in each, so that a noisy minute of the machine hits all. */
import type { Round } from "./metrics.ts";

/** How often, and who is told. */
export interface RoundPlan {
  /** The warm-up is not one of them. */
  readonly rounds: number;
  /** Called before each turn; round 0 is the warm-up. */
  progress(contestant: string, round: number): void;
}

/** Measures everybody once more than the plan says; what came of the first time, the warm-up, is dropped. */
export async function measureRounds(
  contestants: readonly string[],
  plan: RoundPlan,
  measureTurn: (contestant: string, round: number) => Promise<Round>,
): Promise<Map<string, Round[]>> {
  const results = new Map(contestants.map((name): [string, Round[]] => [name, []]));
  for (let round = 0; round <= plan.rounds; round++) {
    // Each round begins with another contestant: nobody always follows the one that leaves the most to clean up.
    for (const name of rotate(contestants, round)) {
      plan.progress(name, round);
      const figures = await measureTurn(name, round);
      if (round > 0) results.get(name)?.push(figures);
    }
  }
  return results;
}

/** The items, beginning with another one for each turn. */
export function rotate<Item>(items: readonly Item[], turn: number): Item[] {
  const start = items.length === 0 ? 0 : turn % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
