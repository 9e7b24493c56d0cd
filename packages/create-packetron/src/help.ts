/** The help text, made from the tables of options and templates. */
import { options } from "./arguments.ts";
import { templateNames, templates } from "./templates.ts";

/** The text of `--help`. */
export function helpText(): string {
  const optionRows = Object.entries(options).map(([name, { short, value, help }]) => {
    const shortForm = short === undefined ? "    " : `-${short}, `;
    return [`${shortForm}--${name}${value === undefined ? "" : ` ${value}`}`, help] as const;
  });
  return [
    "Usage: npm create packetron@latest [folder] [-- options]",
    "       pnpm create packetron [folder] [options]",
    "       yarn create packetron [folder] [options]",
    "",
    "Makes a project in a new or empty folder. On a terminal, asks for what is not given.",
    "",
    "Templates:",
    ...toLines(templateNames.map((name) => [name, templates[name].summary])),
    "",
    "Options:",
    ...toLines(optionRows),
    "",
    "Exit codes: 0 success, 1 failure, 2 wrong usage, 130 cancelled.",
    "",
  ].join("\n");
}

function toLines(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}
