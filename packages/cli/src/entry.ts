/** Finds the entry file of a program in the same way as node. */
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { usageFailure, type Values } from "./arguments.ts";

/**
 * Returns the absolute path of an entry file. The extension may be left out; for a folder, its main file is used.
 *
 * @throws CommandFailure (exit code 2) when the file does not exist.
 */
export function resolveEntry(entry: string, command: string): string {
  const path = resolve(entry);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  try {
    return createRequire(join(path, "..", "entry.js")).resolve(path);
  } catch {
    throw usageFailure(`The file ${path} does not exist.`, command);
  }
}

/**
 * Reads `--dispatch`; `undefined` when it was not given.
 *
 * @throws CommandFailure (exit code 2) when the value is neither "direct" nor "standard".
 */
export function readDispatch(values: Values, command: string): string | undefined {
  const dispatch = values.text("dispatch");
  if (dispatch === undefined || dispatch === "direct" || dispatch === "standard") return dispatch;
  throw usageFailure(`--dispatch takes "direct" or "standard", but got "${dispatch}".`, command);
}

/** The environment variables that pass the options of `start` and `dev` to the program. */
export function programVariables(options: {
  readonly threads?: string | undefined;
  readonly name: string | undefined;
  readonly dispatch: string | undefined;
}): Record<string, string> {
  const variables = {
    PACKETRON_THREADS: options.threads,
    PACKETRON_NAME: options.name,
    PACKETRON_DISPATCH: options.dispatch,
  };
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
