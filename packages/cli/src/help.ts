/** Formats the help texts from the table of commands. */
import type { OptionSpec } from "./arguments.ts";
import { type Command, commands } from "./commands.ts";
import { toColumns } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** The text of `packetron --help`. */
export function overallHelp({ paint }: Terminal): string {
  const rows = commands.map(({ name, entry, operand, summary }) => [
    entry ? `${name} <entry>` : [name, operand].join(" ").trim(),
    summary,
  ]);
  const options = [
    ["-h, --help", "Show this help. After a command: show the help of that command."],
    ["-v, --version", "Show the version."],
  ];
  return [
    `${paint("strong", "Usage:")} packetron <command> [options]`,
    "",
    paint("strong", "Commands:"),
    ...indent(rows),
    "",
    paint("strong", "Options:"),
    ...indent(options),
    "",
    "Exit codes: 0 success, 1 failure, 2 wrong usage, 3 no matching application is running.",
    "",
  ].join("\n");
}

/** The text of `packetron <command> --help`. */
export function commandHelp(
  { name, entry, operand = "", summary, description, options }: Command,
  terminal: Terminal,
): string {
  const usage = `packetron ${name} ${entry ? "[options] <entry> [-- arguments of the program]" : `[options] ${operand}`.trim()}`;
  const rows = Object.entries(options).map(([option, spec]) => [formatOption(option, spec), spec.help]);
  return [
    `${terminal.paint("strong", "Usage:")} ${usage}`,
    "",
    summary,
    description,
    "",
    terminal.paint("strong", "Options:"),
    ...indent(rows),
    "",
  ].join("\n");
}

function formatOption(option: string, { short, value }: OptionSpec): string {
  return `${short === undefined ? "    " : `-${short}, `}--${option}${value === undefined ? "" : ` ${value}`}`;
}

function indent(rows: readonly (readonly string[])[]): string[] {
  return toColumns(rows).map((line) => `  ${line}`);
}
