/** Formats the reports for the terminal. */
import { SUBJECT } from "../harness/contestants.ts";
import type { Environment } from "../harness/environment.ts";
import type { ScenarioResult } from "./result.ts";
import { summarise } from "./summary.ts";
import { cellsOf, toColumns } from "./table.ts";

/** The machine and the method of a run, in one or two lines. */
export function describeRun({ node, cpu, cores, load, placement, cpuTime, date }: Environment): string {
  const line = `${date}, Node ${node}, ${cpu}, ${cores} cores, load by ${load}, ${placement}`;
  return cpuTime ? line : `${line}\nThe CPU time of other processes is not available on this system.`;
}

/** The table of a scenario, and the contestants that are missing in it. */
export function describeScenario(result: ScenarioResult): string {
  const table = toColumns(cellsOf(summarise(result, SUBJECT), { details: true, withEnds: true }));
  const absences = result.skipped.map(({ name, reason }) => `left out: ${name}: ${reason}`);
  return [result.title, table, ...absences].join("\n");
}
