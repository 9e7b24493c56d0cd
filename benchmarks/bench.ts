/** `pnpm bench`: measures Packetron against its peers. `--help` tells the options, README.md the method. */
import { join } from "node:path";
import { contestants, SUBJECT } from "./harness/contestants.ts";
import { describeEnvironment } from "./harness/environment.ts";
import { installPeers } from "./harness/install.ts";
import { type BenchOptions, HELP, readOptions, UsageError } from "./harness/options.ts";
import { clearProgress, showProgress } from "./harness/progress.ts";
import { ParityError, runScenario, type ScenarioRun } from "./harness/run-scenario.ts";
import { BuildError, buildPackages, stagePackages } from "./harness/stage.ts";
import { createWorkplace } from "./harness/workplace.ts";
import { chooseLoad } from "./load/choose.ts";
import { readResults, type ScenarioResult, writeResult } from "./report/result.ts";
import { summarise } from "./report/summary.ts";
import { cellsOf, toColumns } from "./report/table.ts";
import { scenarios } from "./scenarios/index.ts";
import type { Scenario } from "./scenarios/scenario.ts";

const RESULTS = join(import.meta.dirname, "results");

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof ParityError || error instanceof BuildError))
    throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(options: BenchOptions): Promise<void> {
  if (options.action === "help") return print(HELP);
  if (options.action === "list") return list();
  if (options.action === "report") return report(RESULTS);
  if (options.build) buildPackages();
  if (options.stage !== null) return void stagePackages(options.stage);
  await measureAll(options);
}

async function measureAll(options: BenchOptions): Promise<void> {
  installPeers();
  const isTrial = options.quick || options.peers.length > 0;
  const folder = options.output ?? (isTrial ? join(RESULTS, "trial") : RESULTS);
  const workplace = createWorkplace(options);
  try {
    const generator = chooseLoad(options.load);
    const environment = describeEnvironment(options, generator, workplace.cores);
    const { load, placement, cpu, node } = environment;
    print(`Node ${node}, ${cpu}, load by ${load}, ${placement}\n`);
    for (const scenario of scenarios.filter(({ name }) => isWanted(name, options.scenarios))) {
      const { rounds, duration, warmup } = options;
      const progress = (contestant: string, round: number): void =>
        showProgress(
          `${scenario.name}: ${round === 0 ? "warm-up" : `round ${round} of ${rounds}`}, ${contestant}`,
        );
      const measurement = { rounds, duration, warmup, core: workplace.cores.load, generator, progress };
      const run: ScenarioRun = { workplace, environment, measurement, peers: options.peers };
      await measureOne(scenario, run, folder);
    }
  } finally {
    workplace.remove();
  }
  if (folder === RESULTS) report(RESULTS);
}

async function measureOne(scenario: Scenario, run: ScenarioRun, folder: string): Promise<void> {
  try {
    const result = await runScenario(scenario, run);
    clearProgress();
    writeResult(folder, result);
    show(result);
  } catch (error) {
    clearProgress();
    throw error;
  }
}

function show(result: ScenarioResult): void {
  const title = contestants.find(({ name }) => name === SUBJECT)?.title ?? SUBJECT;
  print(`\n${result.title}\n${toColumns(cellsOf(summarise(result, SUBJECT), title))}\n`);
  for (const { name, reason } of result.skipped) print(`left out: ${name}: ${reason}\n`);
}

function report(folder: string): void {
  for (const result of readResults(folder)) show(result);
}

function list(): void {
  print("scenarios\n");
  for (const { name, title } of scenarios) print(`  ${name.padEnd(22)}${title}\n`);
  print("contestants\n");
  for (const { name, title, applications } of contestants)
    print(`  ${name.padEnd(22)}${title.padEnd(26)}${applications.join(" ")}\n`);
}

function isWanted(name: string, names: readonly string[]): boolean {
  return names.length === 0 || names.includes(name);
}

function print(text: string): void {
  process.stdout.write(text);
}
