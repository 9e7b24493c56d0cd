/** `pnpm bench`: measures Packetron against its peers. `--help` lists the options, README.md describes the method. */
import { contestants } from "./harness/contestants.ts";
import { currentCommit, describeEnvironment } from "./harness/environment.ts";
import { installPeers } from "./harness/install.ts";
import { type BenchOptions, HELP, readOptions, UsageError } from "./harness/options.ts";
import { clearProgress, showProgress } from "./harness/progress.ts";
import { ParityError } from "./harness/prove-parity.ts";
import { chosenScenarios, expectedMinutes, isTrial, RESULTS, resultsFolder } from "./harness/run-plan.ts";
import { runScenario, type ScenarioRun } from "./harness/run-scenario.ts";
import { BuildError, buildPackages, stagePackages } from "./harness/stage.ts";
import { createWorkplace } from "./harness/workplace.ts";
import { chooseLoad } from "./load/choose.ts";
import { LoadError } from "./load/load.ts";
import { bindProcess } from "./measure/cores.ts";
import { findOtherLoad } from "./measure/other-load.ts";
import { StartError } from "./measure/server.ts";
import { RunsError, requireCommit, requireIdle } from "./report/one-run.ts";
import { readMicroResults, readResults, removeResults, writeResult } from "./report/result.ts";
import { describeRun, describeScenario } from "./report/terminal.ts";
import { writePages } from "./report/write-pages.ts";
import { scenarios } from "./scenarios/index.ts";
import type { Scenario } from "./scenarios/scenario.ts";

// process.exit() runs the exit listeners, which stop the servers. The default action of these signals does not.
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  // Any other error is a bug in the harness: show the stack.
  if (!(error instanceof UsageError || error instanceof BuildError || error instanceof RunsError))
    throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(options: BenchOptions): Promise<void> {
  if (options.action === "help") return print(HELP);
  if (options.action === "list") return list();
  if (options.action === "report") return report(options.output ?? RESULTS);
  if (options.action === "run" && !isTrial(options)) requireCommit(currentCommit());
  if (options.build) await buildPackages();
  if (options.stage !== null) return void stagePackages(options.stage);
  await measureAll(options);
}

function report(folder: string): void {
  writePages(readResults(folder), readMicroResults(RESULTS));
}

async function measureAll(options: BenchOptions): Promise<void> {
  if (options.install) installPeers();
  if (!isTrial(options)) requireIdle(await findOtherLoad());
  const folder = resultsFolder(options);
  const workplace = createWorkplace(options);
  process.once("exit", () => workplace.remove());
  bindProcess(workplace.cores.load);
  const generator = chooseLoad(options.load);
  const environment = describeEnvironment(options, generator, workplace.cores);
  const plan = { ...options, core: workplace.cores.load, generator, progress: () => {} };
  print(`${describeRun(environment)}\nExpected time: ${Math.ceil(expectedMinutes(options))} min\n`);
  if (!isTrial(options)) removeResults(folder);
  for (const scenario of chosenScenarios(options))
    await measureOne(scenario, { workplace, environment, invitation: options, plan }, folder);
  if (!isTrial(options)) report(folder);
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
  print("scenarios; those in brackets with --all or --scenario only\n");
  for (const { name, title, isExtra } of scenarios)
    print(`  ${(isExtra === true ? `(${name})` : name).padEnd(22)}${title}\n`);
  print("contestants; those in brackets with --all or --peer only\n");
  for (const { name, title, applications, usual } of contestants)
    print(
      `  ${(usual?.length === 0 ? `(${name})` : name).padEnd(28)}${title.padEnd(30)}${applications.join(" ")}\n`,
    );
}

function print(text: string): void {
  process.stdout.write(text);
}
