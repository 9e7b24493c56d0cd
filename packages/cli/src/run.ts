/** The command line: finds the command, parses its arguments, runs it, and prints a failure. */
import { readFileSync } from "node:fs";
import { readArguments, suggest, usageFailure } from "./arguments.ts";
import { type Command, commands } from "./commands.ts";
import { CommandFailure, ExitCode } from "./exit-code.ts";
import { commandHelp, overallHelp } from "./help.ts";
import { ownTerminal, type Terminal } from "./terminal.ts";

/**
 * Runs a command, and sets the exit code of this process. The command `start` runs the program in this process.
 *
 * @param words The arguments of the command line, `process.argv.slice(2)`.
 * @example
 * await runCommandLine(["status", "--json"]);
 */
export async function runCommandLine(
  words: readonly string[],
  terminal: Terminal = ownTerminal(),
): Promise<void> {
  const exitCode = await settle(words, terminal);
  if (exitCode !== undefined) process.exitCode = exitCode;
}

async function settle(words: readonly string[], terminal: Terminal): Promise<ExitCode | undefined> {
  try {
    return await run(words, terminal);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const [first = "", ...others] = error.message.split("\n");
    const label = terminal.paintWarning("bad", "error:");
    terminal.warn(`${[`${label} ${first}`, ...others].join("\n")}\n`);
    return error.exitCode;
  }
}

async function run(words: readonly string[], terminal: Terminal): Promise<ExitCode | undefined> {
  const [word, ...others] = words;
  if (word === undefined) {
    terminal.warn(overallHelp({ ...terminal, paint: terminal.paintWarning }));
    return ExitCode.USAGE;
  }
  if (["-h", "--help", "help"].includes(word)) {
    const [of] = others;
    terminal.write(of === undefined ? overallHelp(terminal) : commandHelp(findCommand(of), terminal));
    return ExitCode.DONE;
  }
  if (["-v", "--version"].includes(word)) {
    terminal.write(`${ownVersion()}\n`);
    return ExitCode.DONE;
  }
  const command = findCommand(word);
  const values = readArguments(others, command);
  if (values.has("help")) {
    terminal.write(commandHelp(command, terminal));
    return ExitCode.DONE;
  }
  const start = await command.load();
  return await start(values, terminal);
}

function findCommand(word: string): Command {
  const command = commands.find(({ name }) => name === word);
  if (command !== undefined) return command;
  if (word.startsWith("-")) {
    const hint = suggest(word.replace(/^-+/, ""), ["help", "version"], "--");
    throw usageFailure(`Unknown option ${word}.${hint} Put options of a command after its name.`);
  }
  const names = commands.map(({ name }) => name);
  const file = /\.[cm]?[jt]s$/.test(word) ? ` To run it: packetron start ${word}` : "";
  throw usageFailure(`Unknown command "${word}".${suggest(word, names)}${file}`);
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}
