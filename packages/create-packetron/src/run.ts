/** The command: gets the answers, plans the project, writes it, and prints what to do next. */
import { resolve } from "node:path";
import { completeAnswers } from "./answers.ts";
import { type Given, readArguments } from "./arguments.ts";
import { askMissing } from "./ask.ts";
import { type Catalog, readCatalog, readVersion } from "./catalog.ts";
import { type Environment, ownEnvironment } from "./environment.ts";
import { CommandFailure, ExitCode, usageFailure } from "./exit-code.ts";
import { helpText } from "./help.ts";
import { languageWarning, nextSteps } from "./next-steps.ts";
import { planProject } from "./plan.ts";
import { assertUsable, writeProject } from "./write-project.ts";

/**
 * Runs the command, and sets the exit code of this process: 0, or 1 for a folder that is not empty, 2 for a wrong
 * argument, and 130 when the user cancels a question.
 *
 * @param words The arguments of the command line, `process.argv.slice(2)`.
 * @example
 * await runCommandLine(["my-app", "--template", "api", "--ts", "--yes"]);
 */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  process.exitCode = await create(words, ownEnvironment(), readCatalog);
}

/** Runs the command in the given surroundings, with the catalog that `load` reads. Resolves to the exit code. */
export async function create(
  words: readonly string[],
  environment: Environment,
  load: () => Catalog,
): Promise<ExitCode> {
  try {
    await run(words, environment, load);
    return ExitCode.DONE;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    environment.warn(`${error.message}\n`);
    return error.exitCode;
  }
}

async function run(words: readonly string[], environment: Environment, load: () => Catalog): Promise<void> {
  const given = readArguments(words);
  if (given.help) return environment.write(helpText());
  if (given.version) return environment.write(`${readVersion()}\n`);
  const catalog = load();
  const { cwd, manager, runsTypeScript, nodeVersion } = environment;
  const context = { catalog, cwd, defaultLanguage: runsTypeScript ? "typescript" : "javascript" } as const;
  // A folder that is given is checked before the questions, so that no answer is lost.
  if (given.folder !== undefined) assertUsable(given.folder, cwd);
  const answers = completeAnswers(await ask(given, environment, context), context);
  assertUsable(answers.folder, cwd);
  writeProject(
    resolve(cwd, answers.folder),
    planProject(answers, { catalog, version: readVersion(), manager }),
  );
  environment.write(nextSteps(answers, manager));
  environment.warn(languageWarning(answers, runsTypeScript, nodeVersion));
}

async function ask(
  given: Given,
  { loadPrompts }: Environment,
  context: Parameters<typeof askMissing>[2],
): Promise<Given> {
  if (given.yes) return given;
  if (loadPrompts !== null) return askMissing(given, await loadPrompts(), context);
  if (given.folder !== undefined && given.template !== undefined) return given;
  throw usageFailure("There is no terminal to ask: give a folder and --template, or --yes for the defaults.");
}
