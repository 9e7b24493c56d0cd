/** `pnpm bench`: measures Packetron against its peers. `--help` lists the options, README.md describes the method. */
import { join } from "node:path";
import { contestants } from "./harness/contestants.ts";
import { describeEnvironment } from "./harness/environment.ts";
import { installPeers } from "./harness/install.ts";
import { type BenchOptions, HELP, readOptions, UsageError } from "./harness/options.ts";
import { clearProgress, showProgress } from "./harness/progress.ts";
import { ParityError } from "./harness/prove-parity.ts";
import { runScenario, type ScenarioRun } from "./harness/run-scenario.ts";
import { BuildError, buildPackages, stagePackages } from "./harness/stage.ts";
import { createWorkplace } from "./harness/workplace.ts";
import { chooseLoad } from "./load/choose.ts";
import { LoadError } from "./load/load.ts";
import { bindProcess } from "./measure/cores.ts";
import { StartError } from "./measure/server.ts";
import { readMicroResults, readResults, writeResult } from "./report/result.ts";
import { describeRun, describeScenario } from "./report/terminal.ts";
import { writePages } from "./report/write-pages.ts";
import { scenarios } from "./scenarios/index.ts";
import type { Scenario } from "./scenarios/scenario.ts";

const RESULTS = join(import.meta.dirname, "results");

// process.exit() runs the exit listeners, which stop the servers. The default action of these signals does not.
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof BuildError)) throw error; // a bug in the harness: show the stack
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(options: BenchOptions): Promise<void> {
  if (options.action === "help") return print(HELP);
  if (options.action === "list") return list();
  if (options.action === "report") return writePages(readResults(RESULTS), readMicroResults(RESULTS));
  if (options.build) await buildPackages();
  if (options.stage !== null) return void stagePackages(options.stage);
  await measureAll(options);
}

async function measureAll(options: BenchOptions): Promise<void> {
  if (options.install) installPeers();
  const { quick, peers, packages, baseline } = options;
  const isTrial = quick || peers.length > 0 || packages !== null || baseline !== null;
  const folder = options.output ?? (isTrial ? join(RESULTS, "trial") : RESULTS);
  const workplace = createWorkplace(options);
  process.once("exit", () => workplace.remove());
  bindProcess(workplace.cores.load);
  const generator = chooseLoad(options.load);
  const environment = describeEnvironment(options, generator, workplace.cores);
  const plan = { ...options, core: workplace.cores.load, generator, progress: () => {} };
  print(`${describeRun(environment)}\n`);
  for (const scenario of scenarios.filter(({ name }) => isWanted(name, options.scenarios)))
    await measureOne(scenario, { workplace, environment, peers: options.peers, plan }, folder);
  if (folder === RESULTS) writePages(readResults(RESULTS), readMicroResults(RESULTS));
}

/** Measures one scenario. A failure sets the exit code, and the other scenarios are still measured. */
async function measureOne(scenario: Scenario, run: ScenarioRun, folder: string): Promise<void> {
  const { rounds } = run.plan;
  const progress = (contestant: string, round: number): void =>
    showProgress(
      `${scenario.name}: ${round === 0 ? "warm-up" : `round ${round} of ${rounds}`}, ${contestant}`,
    );
  try {
    const result = await runScenario(scenario, { ...run, plan: { ...run.plan, progress } });
    clearProgress();
    writeResult(folder, result);
    print(`\n${describeScenario(result)}\n`);
  } catch (error) {
    clearProgress();
    if (!(error instanceof ParityError || error instanceof StartError || error instanceof LoadError))
      throw error;
    process.stderr.write(`\n${scenario.name}: ${error.message}\n`);
    process.exitCode = 1;
  }
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
