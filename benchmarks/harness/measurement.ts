/** Which way of measuring a scenario needs. */
import { type LoadPlan, measureLoad } from "../measure/load-rounds.ts";
import type { Round } from "../measure/metrics.ts";
import type { RunningServer } from "../measure/server.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Contestant } from "./contestants.ts";
import type { ScenarioRun } from "./run-scenario.ts";

/** How long, how often, and by what. */
export type Measurement = LoadPlan;

/** Measures the contestants in interleaved rounds; the rounds of each by its name. */
export async function measure(
  scenario: Scenario,
  _entries: readonly Contestant[],
  servers: ReadonlyMap<string, RunningServer>,
  run: ScenarioRun,
): Promise<Map<string, Round[]>> {
  if (scenario.kind === "load") return measureLoad(scenario, servers, run.measurement);
  throw new Error(`${scenario.kind} is not there yet`);
}
