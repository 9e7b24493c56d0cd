/** The scenarios of a run, where its results go, and how long it takes. */
import { join } from "node:path";
import { LEAD } from "../measure/burst-turn.ts";
import { scenarios } from "../scenarios/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { invited } from "./field.ts";
import { missing } from "./launch.ts";
import type { BenchOptions } from "./options.ts";
import { startsAnew } from "./run-scenario.ts";

/** The folder of the results from which the docs are made. */
export const RESULTS: string = join(import.meta.dirname, "..", "results");

/** Whether the options are those of a trial, whose figures are not for the docs. */
export function isTrial({ quick, scenarios, peers, packages, baseline, output }: BenchOptions): boolean {
  const isPart = scenarios.length > 0 || peers.length > 0;
  return quick || isPart || packages !== null || baseline !== null || output !== null;
}

/** The folder of the result files. */
export function resultsFolder(options: BenchOptions): string {
  return options.output ?? (isTrial(options) ? join(RESULTS, "trial") : RESULTS);
}

/** The scenarios that the options choose, in the order of the report. */
export function chosenScenarios({ scenarios: names, all }: BenchOptions): readonly Scenario[] {
  return scenarios.filter(({ name, isExtra }) =>
    names.length > 0 ? names.includes(name) : all || isExtra !== true,
  );
}

/** About how long the run takes, in minutes. */
export function expectedMinutes(options: BenchOptions): number {
  const seconds = chosenScenarios(options).map((scenario) => {
    const field = invited(scenario, options, options.baseline !== null);
    const present = field.filter((contestant) => missing(contestant) === null).length;
    const warmup = startsAnew(scenario) ? 0 : options.warmup + OVERHEAD;
    return present * (START + warmup + options.rounds * turnSeconds(scenario, options));
  });
  return seconds.reduce((sum, value) => sum + value, 0) / 60;
}

/** The start of a server, with its part in the parity test, in seconds. */
const START = 0.5;

/** What a turn takes besides its load: the start of the load generator, and the server's way to rest, in seconds. */
const OVERHEAD = 0.4;

function turnSeconds(scenario: Scenario, { duration, pacedDuration }: BenchOptions): number {
  switch (scenario.kind) {
    case "load":
      return duration + OVERHEAD + (scenario.isUnpaced === true ? 0 : 1.5 * pacedDuration + OVERHEAD);
    case "held":
      return duration + pacedDuration + 4 * OVERHEAD; // a thousand connections are opened and closed
    case "burst":
      return scenario.duration + LEAD + 2 * OVERHEAD;
    case "upload":
      return 1;
    case "startup":
      return 0.3;
    case "memory":
      return 3;
    case "events":
      return 3.5 + duration;
    case "websocket":
      return 8 + 2 * duration + pacedDuration;
  }
}
