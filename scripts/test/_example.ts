/** Starts an example by the command in its package.json, on a free port, with the built packages. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { type Program, type ProgramOptions, startProgram } from "./_program.ts";

/** Runs the script `start` of `examples/<name>` without npm: the command is `node` with arguments. */
export function startExample(
  name: string,
  env: Readonly<Record<string, string>> = {},
  options: Pick<ProgramOptions, "whenDone"> = {},
): Promise<Program> {
  const cwd = join(inject("bundles"), "examples", name);
  const { scripts }: { scripts: { start: string } } = JSON.parse(
    readFileSync(join(cwd, "package.json"), "utf8"),
  );
  const [command, ...args] = scripts.start.split(" ");
  if (command !== "node")
    throw new Error(`examples/${name}: "start" is "${scripts.start}", expected a node command.`);
  return startProgram([process.execPath, ...args], { ...options, cwd, env: { PORT: "0", ...env } });
}
